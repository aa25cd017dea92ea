"""Storing uploads. A room takes one in (`receive_…`, before its transaction), keeps it, and registers its purpose with `access.allow`."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dealflow.audit import service as audit
from dealflow.core import ids, policy, printed
from dealflow.core.actor import Actor
from dealflow.core.config import settings
from dealflow.core.db import session
from dealflow.core.errors import Invalid, TooLarge
from dealflow.core.i18n import N_
from dealflow.files import images, kinds, scanning, storage
from dealflow.files.models import StoredFile
from dealflow.files.policy import Can, Tag

IMAGE_LIMIT = 25 * 1024 * 1024


@dataclass(frozen=True)
class Received:
    """An upload whose bytes are stored and which no row names yet."""

    kind: str
    purpose: str
    name: str
    facts: dict[str, Any]
    forms: dict[str, dict[str, Any]]


def receive_image(actor: Actor, stream: IO[bytes], filename: str | None, *, purpose: str) -> Received:
    """Take in a picture, re-encoded as WebP in the variants "large" (1600 px) and "small" (480 px); writes no row.

    Takes up to half a minute, so it is called before a writing transaction. TooLarge, WrongType (415) or Invalid of the
    field `file`. The original is not kept.
    """
    with storage.waiting_room() as room:
        source, _sha = _receive(actor, stream, Path(room), min(IMAGE_LIMIT, settings().upload_limit), "image")
        made = images.variants(source, Path(room))
        for name, facts in made.items():
            path = Path(room) / f"{name}.webp"
            facts |= {"sha256": _hash(path), "size": path.stat().st_size, "content_type": "image/webp"}
            storage.put(path, facts["sha256"])
    stem = Path(clean_name(filename)).stem or "image"
    return Received("image", purpose, f"{stem}.webp", made["large"], made)


def store_carried_image(actor: Actor, source: Path, *, purpose: str, width: int, height: int) -> StoredFile:
    """Store a WebP picture that comes with the code, as it is and for both variants: we encoded it ourselves."""
    policy.require(actor, Can.STORE)
    sha256 = _hash(source)
    facts = {"sha256": sha256, "size": source.stat().st_size, "content_type": "image/webp"}
    storage.put(source, sha256)
    variant = facts | {"width": width, "height": height}
    return _keep(actor, "image", purpose, source.name, facts, dict.fromkeys(images.VARIANTS, variant))


def receive_video(actor: Actor, stream: IO[bytes], filename: str | None, *, purpose: str) -> Received:
    """Take in a video (MP4, WebM, MOV) as it is; writes no row. TooLarge, WrongType (415) or Invalid of the field `file`."""
    return _take_in(actor, stream, filename, purpose, "video", settings().video_limit)


def receive_document(actor: Actor, stream: IO[bytes], filename: str | None, *, purpose: str) -> Received:
    """Take in a document as it is, to be served as a download only; writes no row. TooLarge, WrongType or Invalid of `file`."""
    return _take_in(actor, stream, filename, purpose, "document", settings().upload_limit)


Derive = Callable[[Path, str, Path], dict[str, dict[str, Any]]]


def receive_derived(
    actor: Actor, stream: IO[bytes], filename: str | None, *, kind: str, purpose: str, derive: Derive
) -> Received:
    """Take in a document or video as it is, and beside it the forms of it that the using room serves; writes no row.

    `derive(source, content_type, folder)` writes each form to `folder/<name>` and returns name → {content_type, …}.
    """
    facts: dict[str, Any]
    with storage.waiting_room() as room:
        limit = settings().video_limit if kind == "video" else settings().upload_limit
        source, sha256 = _receive(actor, stream, Path(room), limit, kind)
        facts = {
            "sha256": sha256, "size": source.stat().st_size, "content_type": kinds.content_type(source, kind),
        }  # fmt: skip
        made = derive(source, facts["content_type"], Path(room))
        for name, form in made.items():
            path = Path(room) / name
            form |= {"sha256": _hash(path), "size": path.stat().st_size}
            storage.put(path, form["sha256"])
        storage.put(source, sha256)
    return Received(kind, purpose, clean_name(filename), facts, made)


def receive_made(source: Path, name: str, *, content_type: str, purpose: str) -> Received:
    """Put a file that this application made itself into the storage; writes no row."""
    printed.keep_nobody_waiting()
    sha256 = _hash(source)
    facts = {"sha256": sha256, "size": source.stat().st_size, "content_type": content_type}
    storage.put(source, sha256)
    return Received("document", purpose, clean_name(name), facts, {})


def receive_bytes(content: bytes, name: str, *, content_type: str, purpose: str) -> Received:
    """The same of a file in memory."""
    with storage.waiting_room() as room:
        source = Path(room) / "made"
        source.write_bytes(content)
        return receive_made(source, name, content_type=content_type, purpose=purpose)


def keep(actor: Actor, received: Received, *, organisation_id: str | None = None) -> StoredFile:
    """Name what was taken in as a file of the actor's organisation, or of another one for which the platform made it."""
    return _keep(
        actor, received.kind, received.purpose, received.name, received.facts, received.forms, organisation_id
    )


def _take_in(
    actor: Actor, stream: IO[bytes], filename: str | None, purpose: str, kind: str, limit: int
) -> Received:
    with storage.waiting_room() as room:
        source, sha256 = _receive(actor, stream, Path(room), limit, kind)
        facts = {
            "sha256": sha256, "size": source.stat().st_size, "content_type": kinds.content_type(source, kind),
        }  # fmt: skip
        storage.put(source, sha256)
    return Received(kind, purpose, clean_name(filename), facts, {})


def _receive(actor: Actor, stream: IO[bytes], room: Path, limit: int, kind: str) -> tuple[Path, str]:
    if session().info.get("request") and session().info["write"]:
        raise RuntimeError("an upload is taken in before the transaction that writes: core.http.prepares")
    policy.require(actor, Can.STORE)
    target, digest, size = room / "upload", hashlib.sha256(), 0
    with target.open("wb") as out:
        while chunk := stream.read(storage.CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(
                    N_("The file is larger than the %(megabytes)s MB allowed here"), megabytes=limit // 1024 // 1024
                )  # fmt: skip
            digest.update(chunk)
            out.write(chunk)
    if size == 0:
        raise Invalid.field("file", "empty", N_("The file is empty; choose another"))
    kinds.content_type(target, kind)
    scanning.scan(target)
    return target, digest.hexdigest()


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _keep(
    actor: Actor,
    kind: str,
    purpose: str,
    name: str,
    facts: dict[str, Any],
    variants: dict[str, dict[str, Any]],
    organisation_id: str | None = None,
) -> StoredFile:
    owner = organisation_id or str(actor.organisation_id)
    row = StoredFile(
        id=ids.new("fil"), organisation_id=owner, created_by_id=actor.user_id, kind=kind,
        purpose=purpose, name=name, content_type=facts["content_type"], size=facts["size"], sha256=facts["sha256"],
        variants=variants,
    )  # fmt: skip
    session().add(row)
    session().flush()
    audit.record(
        actor,
        Tag.STORED,
        row.id,
        after={"name": name, "purpose": purpose, "size": row.size, "sha256": row.sha256},
        organisation_id=owner,
    )
    return row


def clean_name(filename: str | None) -> str:
    """A name fit to be offered for a download: no folders, no control or direction characters, at most 200."""
    base = unicodedata.normalize("NFC", filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(c for c in base if unicodedata.category(c)[0] != "C" and c not in '"<>:|?*').strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if dot and len(suffix) <= 10:
        return f"{stem[: 199 - len(suffix)]}.{suffix}" if stem else f"file.{suffix}"
    return kept[:200] or "file"

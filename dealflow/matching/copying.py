"""Pitches that nearly repeat an earlier one: found by their wording, told to their owner, judged by a person.

A copy is not taken out of anything. It stands behind all others in lists until the platform has said that it is none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session, system_edge
from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue
from dealflow.matching import lifecycle
from dealflow.matching.models import PitchFingerprint
from dealflow.matching.policy import Can, Tag
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches

if TYPE_CHECKING:
    import numpy as np

    from ml.duplicates import Copy


@dataclass(frozen=True)
class _Text:
    """A published text with what is known of it."""

    project_id: str
    owner: str
    digest: str
    signature: np.ndarray | None
    title: dict[str, Any]


def find() -> dict[str, Any]:
    """Look at what is published; signatures are made for new wordings only. Opens its own transactions."""
    from ml.duplicates import copies

    with system_edge(write=False):
        texts = _texts({row.project_id: row for row in session().scalars(select(PitchFingerprint))})
    found = {copy.project_id: copy for copy in copies((text.project_id, text.signature) for text in texts)}
    with system_edge():
        told = [text for text in texts if _note(text, found.get(text.project_id))]
        for text in told:
            _tell(text)
        if told:
            enqueue("matching.refresh", {})
    return {"published": len(texts), "copies": len(found), "new": len(told)}


def _texts(known: dict[str, PitchFingerprint]) -> list[_Text]:
    """Published texts in the order in which they came out."""
    import numpy as np

    from ml.duplicates import signature

    found = []
    for project_id, owner, _updated_at, content in pitches.published_rows():
        text = f"{content.get('logline') or ''}\n{content.get('synopsis') or ''}"
        digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
        row = known.get(project_id)
        if row is not None and row.text_digest == digest:
            made = None if row.signature is None else np.frombuffer(row.signature, dtype=np.uint32)
        else:
            made = signature(text)
        moment = (content["published_at"], project_id)
        found.append((moment, _Text(project_id, owner, digest, made, content["title"])))
    return [text for _moment, text in sorted(found, key=lambda entry: entry[0])]


def _note(text: _Text, copy: Copy | None) -> bool:
    """Keep what was found; whether somebody must be told of a new copy."""
    row = session().get(PitchFingerprint, text.project_id)
    if row is None:
        row = PitchFingerprint(project_id=text.project_id, text_digest="")
        session().add(row)
    before = row.copy_of
    if row.text_digest != text.digest:
        row.text_digest, row.cleared_at = text.digest, None
        row.signature = None if text.signature is None else text.signature.tobytes()
    row.copy_of, row.likeness = (copy.original, copy.likeness) if copy else (None, 0.0)
    return row.copy_of is not None and row.copy_of != before and row.cleared_at is None


def _tell(text: _Text) -> None:
    title = {
        lang: text.title.get(lang) or text.title.get(other) for lang, other in (("zh", "en"), ("en", "zh"))
    }
    notify.tell(
        code="pitch_copy", title=N_("“%(project)s” reads nearly like an earlier pitch"),
        text=N_("It stands behind all others in lists until the platform has looked at it. Tell your own story in your own words, or write to us when it is yours."),
        params={"project": title}, link=f"/projects/{text.project_id}", organisation_id=text.owner,
        key=f"copy:{text.project_id}:{text.digest}",
    )  # fmt: skip
    lifecycle.tell_platform(
        "pitch_copy",
        N_("“%(project)s” reads nearly like an earlier pitch"),
        "/models/copies",
        {"project": title},
        key=f"copy:{text.project_id}:{text.digest}",
    )


def found(actor: Actor) -> list[PitchFingerprint]:
    """Copies, those nobody has judged first, then the likest."""
    policy.require(actor, Can.OVERSEE)
    query = select(PitchFingerprint).where(PitchFingerprint.copy_of.is_not(None))
    return list(
        session().scalars(
            query.order_by(
                PitchFingerprint.cleared_at.is_not(None),
                PitchFingerprint.likeness.desc(),
                PitchFingerprint.project_id,
            )
        )
    )


def texts(actor: Actor, ids: list[str]) -> dict[str, dict[str, Any]]:
    """What published pitches say, for those who judge whether one repeats another."""
    policy.require(actor, Can.OVERSEE)
    return {project_id: content for project_id, _owner, _at, content in pitches.published_rows(ids)}


def clear(actor: Actor, project_id: str) -> PitchFingerprint:
    """Say that a pitch is no copy; it stands where its score puts it again. NotFound when none was found."""
    policy.require(actor, Can.GOVERN)
    row = session().get(PitchFingerprint, project_id)
    if row is None or row.copy_of is None:
        raise NotFound()
    if row.cleared_at is None:
        row.cleared_at = clock.now()
        session().flush()
        audit.record(
            actor, Tag.COPY_CLEARED, project_id, after={"copy_of": row.copy_of, "likeness": row.likeness}
        )
        enqueue("matching.refresh", {})
    return row

"""Pitches that nearly repeat an earlier one: found by their wording, told to their owner, judged by a person.

A copy is not taken out of anything. It stands behind all others in lists until the platform has said that it is none.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dealflow.accounts import queries as accounts
from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session, system_edge
from dealflow.core.errors import NotFound
from dealflow.core.i18n import N_
from dealflow.core.jobs import enqueue
from dealflow.matching import lifecycle, live, queries
from dealflow.matching.models import PitchFingerprint
from dealflow.matching.policy import Can, Tag
from dealflow.notify import service as notify
from dealflow.pitches import queries as pitches

if TYPE_CHECKING:
    import numpy as np

    from ml.duplicates import Copy

# What a person has judged stays judged while it is retouched; not when another story took its place, nor when it came
# nearer to the earlier pitch by more than the estimate of likeness errs.
NEARER = 0.1


@dataclass(frozen=True)
class _Text:
    """A published text with what is known of it. `since` and `anchor` as in PitchFingerprint; `copied`: it was found to
    be a copy before, and still tells the same."""

    project_id: str
    owner: str
    digest: str
    signature: np.ndarray | None
    title: dict[str, Any]
    since: datetime
    anchor: bytes | None
    copied: bool


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
        # Who has told a story of its own stands in its place as soon as a copy stands behind the others.
        if set(queries.serving_extras()["copies"]) != live.copies_in_force():
            enqueue("matching.refresh", {})
    return {"published": len(texts), "copies": len(found), "new": len(told)}


def _texts(known: dict[str, PitchFingerprint]) -> list[_Text]:
    """Published texts in the order in which their stories came out; what repeated another before, last."""
    found = [
        _text(known.get(project_id), project_id, owner, updated_at, content)
        for project_id, owner, updated_at, content in pitches.published_rows()
    ]
    return sorted(found, key=lambda text: (text.copied, text.since, text.project_id))


def _text(
    row: PitchFingerprint | None, project_id: str, owner: str, updated_at: datetime, content: dict[str, Any]
) -> _Text:
    from ml.duplicates import signature

    wording = f"{content.get('logline') or ''}\n{content.get('synopsis') or ''}"
    digest = hashlib.blake2b(wording.encode(), digest_size=16).hexdigest()
    if row is not None and row.text_digest == digest:
        made = _array(row.signature)
        since, anchor, same = row.since or updated_at, row.anchor, True
    else:
        made = signature(wording)
        same = row is not None and _alike(_array(row.anchor), made)
        since = row.since or updated_at if row is not None and same else updated_at
        anchor = row.anchor if row is not None and same else _bytes(made)
    copied = same and row is not None and row.copy_of is not None and row.cleared_at is None
    return _Text(project_id, owner, digest, made, content["title"], since, anchor, copied)


def _alike(first: np.ndarray | None, second: np.ndarray | None) -> bool:
    from ml.duplicates import COPY, likeness

    return first is not None and second is not None and likeness(first, second) >= COPY


def _array(stored: bytes | None) -> np.ndarray | None:
    import numpy as np

    return None if stored is None else np.frombuffer(stored, dtype=np.uint32)


def _bytes(made: np.ndarray | None) -> bytes | None:
    return None if made is None else made.tobytes()


def _note(text: _Text, copy: Copy | None) -> bool:
    """Keep what was found; whether somebody must be told of a new copy."""
    row = session().get(PitchFingerprint, text.project_id)
    if row is None:
        row = PitchFingerprint(project_id=text.project_id, text_digest="")
        session().add(row)
    before, original = row.copy_of, copy.original if copy else None
    if row.text_digest != text.digest:
        if not (
            copy
            and row.anchor == text.anchor
            and before == original
            and copy.likeness <= row.likeness + NEARER
        ):
            row.cleared_at = None
        row.text_digest, row.signature = text.digest, _bytes(text.signature)
        row.since, row.anchor = text.since, text.anchor
    row.copy_of, row.likeness = original, copy.likeness if copy else 0.0
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
    """What published pitches say, whose they are and how old their stories, for those who judge whether one repeats
    another."""
    policy.require(actor, Can.OVERSEE)
    rows = list(pitches.published_rows(ids))
    owners = accounts.organisation_cards({owner for _id, owner, _at, _content in rows})
    known = select(PitchFingerprint.project_id, PitchFingerprint.since)
    since = {row[0]: row[1] for row in session().execute(known.where(PitchFingerprint.project_id.in_(ids)))}
    return {
        project_id: content | {"owner": owners[owner].name, "since": since.get(project_id)}
        for project_id, owner, _at, content in rows
    }


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

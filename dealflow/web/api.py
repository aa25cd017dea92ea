"""The search over the whole house in the API."""

from __future__ import annotations

import re
from typing import Any

from dealflow.core import find
from dealflow.core.doors import costly
from dealflow.core.errors import Invalid
from dealflow.core.http import actor, api_blueprint, endpoint
from dealflow.core.i18n import N_
from dealflow.core.paging import Searched, listing
from dealflow.core.schema import Schema, Text
from dealflow.web.policy import Can

bp = api_blueprint("web")
# Of one kind no more are looked at: who finds that many asks too little.
MOST = 200
_ID = re.compile(r"[a-z]{2,5}_[0-9a-z]{26}")


class SearchQuery(Searched):
    """What to look for, among what."""

    kind: Text(40) | None = None  # type: ignore[valid-type]


class HitOut(Schema):
    """Something found."""

    kind: str
    id: str
    title: str
    note: str
    url: str


@bp.get("/search")
@endpoint(Can.SEARCH, query=SearchQuery, returns=HitOut, lists=True)
@costly
def search(query: SearchQuery) -> dict[str, Any]:
    """What one may see that carries every word of `q`, one kind after the other, at most 200 of each."""
    known = find.kinds()
    if query.kind is not None and query.kind not in known:
        raise Invalid.field(
            "kind", "not_a_choice", N_("Choose one of: %(expected)s"), expected=", ".join(known)
        )
    words = " ".join((query.q or "").split())
    found = [
        {"kind": kind, "id": _id(hit), "title": hit.title, "note": hit.note, "url": hit.url}
        for kind in known
        if words and query.kind in (None, kind)
        for hit in find.of_kind(actor(), kind, words, MOST)
    ]
    return listing(found[query.offset : query.offset + query.limit], len(found), query)


def _id(hit: find.Hit) -> str:
    named = _ID.search(hit.url)
    return hit.id or (named[0] if named else "")

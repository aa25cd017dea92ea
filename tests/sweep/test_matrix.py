"""Role × action × object: who gets what from every route, compared with the table in matrix.txt, which was written
from the interface and the glossary and not from the code. A route that the table does not name fails.

Each call runs in full and is then rolled back, so that all meet the same world.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Person
from tests.factories import world as worlds
from tests.factories.world import HOUSES, ROLES, World, without_lasting_effect
from tests.sweep import foreign_ids
from tests.sweep.matrix_cases import Case, address, cases, more_objects, request_of, side_of_the_deal

TABLE = Path(__file__).with_name("matrix.txt")
ALONE = ("anonymous", "left")
ACTORS = (*ALONE, *(f"{house}.{role}" for house in HOUSES for role in ROLES))
# In the quick run: everybody alone, the owners, and the viewers of the two parties; the others in the slow one.
FEW = (*ALONE, *(f"{house}.owner" for house in HOUSES), "creator.viewer", "investor.viewer")
OTHERS = tuple(actor for actor in ACTORS if actor not in FEW)
# Private texts → houses that may read them. Nobody else may, whatever they call.
CANARIES = {
    "CANARY-draft": {"creator"},
    "CANARY-private": {"creator"},
    "CANARY-invited": {"creator", "investor"},
    "CANARY-mandate": {"investor"},
    "CANARY-note": {"investor"},
    "CANARY-intro": {"investor", "creator"},
    "CANARY-terms": {"investor"},
    "CANARY-said": {"creator", "investor"},
    "CANARY-job": {"creator", "platform"},
    "CANARY-book": {"creator"},
    "CANARY-webhook": {"creator"},
    "CANARY-room": {"creator", "investor"},
    "CANARY-dispute": {"creator", "investor"},
    "CANARY-vehicle": {"fund", "investor"},
    "CANARY-holding": {"fund"},
    "CANARY-place": {"fund", "investor"},
    "CANARY-other": {"fund"},
    "CANARY-bank": {"fund"},
    "CANARY-charge": {"fund"},
    "CANARY-fund-line": {"fund"},
    "CANARY-released": {"creator", "investor"},
    "CANARY-tranche": {"creator", "investor"},
    "CANARY-statement": {"creator"},
}
Outcomes = dict[str, str]


def read_table(text: str) -> dict[str, Outcomes]:
    """Lines `METHOD /address object cells…` → case name → actor → sign."""
    table: dict[str, Outcomes] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        method, path, variant, *cells = line.split()
        name = f"{method} {path} {variant}"
        assert name not in table, f"{name} stands twice"
        signs = dict(zip(ALONE, cells, strict=False))
        assert len(cells) == len(ALONE) + len(HOUSES), line
        for house, cell in zip(HOUSES, cells[len(ALONE) :], strict=True):
            assert len(cell) == len(ROLES), line
            signs |= {f"{house}.{role}": sign for role, sign in zip(ROLES, cell, strict=True)}
        table[name] = signs
    return table


def line_of(name: str, outcomes: Outcomes) -> str:
    """A row as the table writes it; `.` where nobody was asked."""
    cells = [outcomes.get(actor, ".") for actor in ALONE]
    cells += ["".join(outcomes.get(f"{house}.{role}", ".") for role in ROLES) for house in HOUSES]
    return f"{name:<66} " + " ".join(cells)


def sign(answer: Any) -> str:
    """`+` done, shown or led on, `?` log in first, `x` may not, `-` nothing there, `!` refused for another reason."""
    if answer.status_code in (302, 303) and answer.headers["Location"].startswith("/login?next="):
        return "?"
    if answer.status_code < 400:
        return "+"
    return {401: "?", 403: "x", 404: "-"}.get(answer.status_code, "!" if answer.status_code < 500 else "E")


class Caller:
    """One actor's way to call: a token for the API, a session cookie for pages."""

    def __init__(self, app: Flask, person: Person | None) -> None:
        self.client = app.test_client(use_cookies=False)
        self.own = person.organisation_id if person else ""
        self.token = {"Authorization": f"Bearer {person.token}"} if person else {}
        self.cookie = "lang=en"
        if person:
            cookie = person.browser().get_cookie("dealflow")
            assert cookie
            self.cookie += f"; dealflow={cookie.value}"

    def call(self, case: Case, world: World, *, at_random: bool = False) -> Any:
        """The answer to a case, or to the same request with ids that nobody has."""
        sent = request_of(case, world, self.own)
        credentials = self.token if case.route.is_api else {"Cookie": self.cookie}
        sent["headers"] |= credentials | {"Accept-Language": "en"}
        return self.client.open(address(case, world, at_random=at_random), method=case.route.method, **sent)


def readable(answer: Any) -> str:
    """The text of an answer without what differs from one request to the next."""
    answer.direct_passthrough = False
    text = answer.get_data().decode("utf-8", "replace")
    text = re.sub(r"[a-z]{2,5}_[0-9a-z]{26}", "ID", text)
    return re.sub(
        r"<code>[0-9a-f]{32}</code>|<meta name=\"csrf-token\"[^>]*>|name=\"csrf_token\"[^>]*", "", text
    )


def leaks(text: str, house: str) -> list[str]:
    """Private texts of others in what a house was given."""
    return [canary for canary, readers in CANARIES.items() if canary in text and house not in readers]


def sweep(app: Flask, world: World, actors: tuple[str, ...]) -> tuple[dict[str, Outcomes], list[str]]:
    """What each actor got from each case, and the faults that no table excuses."""
    callers = {name: Caller(app, world.people.get(name)) for name in actors}
    found: dict[str, Outcomes] = {}
    faults: list[str] = []
    with without_lasting_effect():
        for case in cases(app):
            outcomes = found.setdefault(case.name, {})
            for name, caller in callers.items():
                answer = caller.call(case, world)
                outcomes[name] = sign(answer)
                text = readable(answer)
                faults += [f"{case.name}: {name} reads {c}" for c in leaks(text, name.partition(".")[0])]
                if outcomes[name] == "-" and case.variant:
                    nothing = readable(caller.call(case, world, at_random=True))
                    if text != nothing:
                        faults.append(f"{case.name}: {name} can tell it from what does not exist")
                answer.close()
    return found, faults


def differences(expected: dict[str, Outcomes], found: dict[str, Outcomes]) -> list[str]:
    """Rows that differ, as the table has them (-) and as they are (+); rows on one side only included."""
    lines = []
    for name in sorted(expected.keys() | found.keys()):
        met = found.get(name)
        wanted = expected.get(name)
        if met is not None and wanted is not None:
            wanted = {actor: wanted[actor] for actor in met}
        if met != wanted:
            lines += [f"- {line_of(name, wanted)}"] if wanted else []
            lines += [f"+ {line_of(name, met)}"] if met else []
    return lines


@pytest.fixture
def world(app: Flask, person: Callable[..., Person]) -> World:
    """The whole world with an object for every address."""
    made = worlds.build(person)
    more_objects(made)
    side_of_the_deal(made)
    note = (
        made["investor.owner"]
        .browser()
        .post(f"/deals/{made.ids['deal']}/notes", data={"text": "CANARY-note"})
    )
    assert note.status_code == 303
    return made


@pytest.fixture
def expected() -> dict[str, Outcomes]:
    """The table."""
    return read_table(TABLE.read_text("utf-8"))


def test_everybody_gets_what_the_table_says(app: Flask, world: World, expected: dict[str, Outcomes]) -> None:
    found, faults = sweep(app, world, FEW)
    # Here, since making this world takes longer than all that is asked of it.
    faults += foreign_ids.told(app, world)
    assert not faults, "\n".join(faults)
    wrong = differences(expected, found)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_all_other_roles_get_what_the_table_says(
    app: Flask, world: World, expected: dict[str, Outcomes]
) -> None:
    found, faults = sweep(app, world, OTHERS)
    assert not faults, "\n".join(faults)
    wrong = differences(expected, found)
    assert not wrong, "\n".join(wrong)


def test_ids_beside_the_address_are_found_and_put_at_any_depth() -> None:
    row = {"properties": {"deal_id": {"anyOf": [{"examples": ["deal_01hv…"]}]}}}
    schema = {
        "properties": {"rows": {"items": {"$ref": "#/components/schemas/Row"}}, "name": {"examples": ["x"]}}
    }
    (spot,) = foreign_ids.named(schema, {"components": {"schemas": {"Row": row}}})
    assert spot == (("rows", 0, "deal_id"), "deal")
    assert foreign_ids.put({"a": 1}, spot[0], "x") == {"a": 1, "rows": [{"deal_id": "x"}]}
    assert foreign_ids.put({"rows": [{"b": 2}, 3]}, spot[0], "x") == {"rows": [{"b": 2, "deal_id": "x"}, 3]}


def test_the_sweep_knows_its_offenders() -> None:
    row = "GET /api/v1/deals/{deal_id} deal ? - +++ --- +++ --- --- --- ---"
    table = read_table(f"# a comment\n{row}\n")
    name = "GET /api/v1/deals/{deal_id} deal"
    assert table[name]["creator.viewer"] == "+"
    assert not differences(table, table)
    assert len(differences(table, {name: table[name] | {"investor2.owner": "+"}})) == 2
    assert len(differences(table, {})) == 1
    assert len(differences({}, table)) == 1
    assert leaks("… CANARY-invited-title …", "investor") == []
    assert leaks("… CANARY-invited-title …", "fund") == ["CANARY-invited"]

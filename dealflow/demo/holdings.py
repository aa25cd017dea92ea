"""What the demo's fund holds: projects of the park and works outside it, with flows, valuations, rights and a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.demo.dealing import Dealing
from dealflow.demo.funds import Raised
from dealflow.demo.investors import Members
from dealflow.demo.lives import Life
from dealflow.demo.script import Script
from dealflow.funds.periods import last_ended
from dealflow.portfolio import queries
from dealflow.portfolio.service import booking, following, holdings, reports

_MANAGER = "fund"
_WAN = 1_000_000
# Name or number of a project of the park; genre, stage, platform; bought days ago for so many 万; then (days ago, kind, 万).
_HELD: tuple[tuple[str | int, str, str, str, int, int, tuple[tuple[int, str, int], ...]], ...] = (
    (0, "", "", "红果", 262, 1_200, ((200, "value", 1_150), (122, "proceeds", 210), (101, "value", 1_080), (34, "proceeds", 240), (11, "value", 920))),
    (1, "", "", "抖音", 255, 900, ((130, "proceeds", 150), (100, "value", 640), (30, "proceeds", 160), (9, "value", 470))),
    ("《北境来信》第一季", "romance", "released", "快手", 248, 800, ((140, "value", 520), (96, "proceeds", 150), (60, "end", 0))),
    ("《错位人生》", "rebirth", "released", "红果", 240, 1_000, ((150, "proceeds", 260), (99, "value", 1_250), (40, "proceeds", 310), (8, "value", 1_040))),
    ("《山海小馆》", "comedy", "post_production", "", 74, 1_100, ((7, "value", 1_100),)),
    ("《Second Spring》", "romance", "production", "ReelShort", 70, 1_600, ()),
)  # fmt: skip


def arrange(
    script: Script, members: Members, told: Sequence[Life], made: Raised, together: Sequence[Dealing]
) -> None:
    """Add the life of each holding; the fund has been raised by then."""
    manager = members[_MANAGER][1][0]
    own = next(dealing for dealing in together if dealing.investor.organisation_id == manager.organisation_id)
    lives = sorted(
        (life for life in told if life.invests and not life.idea.overseas and life is not own.life),
        key=lambda life: -life.shown,
    )
    ids: dict[int, str] = {}
    _follow(script, manager, made, ids, own)
    for place, (name, genre, stage, platform, days, cost, later) in enumerate(_HELD):
        # A project that the platform did not know yet when it was bought joins the books once its pitch is there.
        life = lives[name] if isinstance(name, int) else None
        begun = min(days, int(life.shown)) if life else days
        values = {"genre": genre, "stage": stage, "platform": platform}
        script.add(script.ago(begun), manager, _begin(made, ids, place, life or str(name), values))
        script.add(script.ago(begun - 0.1), manager, _flow(ids, place, days, "cost", cost))
        for when, kind, amount in later:
            deed = {"value": _value, "end": _end}.get(kind)
            happens = min(when, begun - 0.2)
            script.add(
                script.ago(happens), manager, deed(ids, place, when, amount) if deed else _flow(ids, place, when, kind, amount)
            )  # fmt: skip
    script.add(script.ago(6), manager, lambda actor: _rights(actor, ids))
    script.add(
        script.ago(5), manager, lambda actor: reports.issue(actor, made.fund_id, last_ended(clock.today()))
    )


def _begin(
    made: Raised, ids: dict[int, str], place: int, what: Life | str, values: dict[str, Any]
) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        named = {"name": what} if isinstance(what, str) else {"project_id": what.project_id}
        known = {key: value for key, value in values.items() if value}
        ids[place] = holdings.add(actor, made.fund_id, named | known, is_sample=True).id

    return deed


def _follow(script: Script, manager: Actor, made: Raised, ids: dict[int, str], own: Dealing) -> None:
    """The fund's part of the shared series: held from the signing on; what it pays and gets comes from the deal itself."""
    if own.signed is None:
        raise ValueError("the shared series is not signed")
    place, held = len(_HELD), script.end - own.signed
    values = {"platform": "红果"}
    script.add(own.signed + timedelta(hours=1), manager, _begin(made, ids, place, own.life, values))
    for days in range(held.days, 0, -6):
        script.add(script.ago(days - 0.5), manager, lambda actor: following.follow(actor, ids[place]))
    script.add(script.ago(6), manager, lambda actor: _worth(actor, ids[place]))


def _worth(actor: Actor, holding_id: str) -> None:
    """What is still to come: a third of what the series has given back."""
    got = sum(flow.amount_minor for flow in queries.flows(holding_id) if flow.kind == "proceeds")
    booking.value(
        actor, holding_id, on=clock.today(), value=Money(got // 300_000 * 100_000), method="contracted",
        evidence_class="platform_statement", evidence="红果结算单与已公布的分账比例", reference="V-红果-1",
    )  # fmt: skip


def _flow(ids: dict[int, str], place: int, days: int, kind: str, wan: int) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        booking.book_flow(
            actor, ids[place], on=clock.today(), kind=kind, amount=Money(wan * _WAN), reference=f"{kind}-{place}-{days}"
        )  # fmt: skip

    return deed


def _value(ids: dict[int, str], place: int, days: int, wan: int) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        booking.value(
            actor, ids[place], on=clock.today(), value=Money(wan * _WAN), method="contracted",
            evidence_class="platform_statement", evidence="平台结算单与已签约收入", reference=f"V-{place}-{days}",
        )  # fmt: skip

    return deed


def _end(ids: dict[int, str], place: int, _days: int, _wan: int) -> Callable[[Actor], object]:
    return lambda actor: booking.close(actor, ids[place], status="written_off", on=clock.today())


def _rights(actor: Actor, ids: dict[int, str]) -> None:
    due = clock.today() + timedelta(days=30)
    holdings.add_right(actor, ids[3], due_on=due, amount=Money(600 * _WAN), text="第二季优先跟投")
    holdings.add_right(
        actor, ids[4], due_on=due + timedelta(days=60), amount=Money(300 * _WAN), text="海外版优先跟投"
    )
    holdings.change(actor, ids[5], {"watched": True, "watch_note": "拍摄延期，等新档期"}, version=None)

"""Term sheets of the demo: drafted by either side, revised, some withdrawn."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.demo.script import Script
from dealflow.termsheets import queries, service

if TYPE_CHECKING:
    from dealflow.demo.deals import Dealing

_TEMPLATES = {
    "equity": "equity_spv", "revenue_share": "revenue_share", "loan": "loan", "presale": "presale", "minimum_guarantee": "presale",
}  # fmt: skip
_COMMENTS = {
    False: ("按昨日电话调整投流上限", "投资金额按尽调结果下调一成", "结算期限缩短，排他期延长", "补充署名与宣传条款", "付款期限改为十五个工作日"),
    True: ("Ad-spend cap as discussed on the call", "Amount reduced after diligence", "Shorter settlement, longer exclusivity",
           "Credits added", "Payment within fifteen business days"),
}  # fmt: skip


def tell(script: Script, dealing: Dealing, at: datetime, rng: Random) -> None:
    """Add a term sheet of the investor, sometimes one of the creator, with versions, before the moment `at`."""
    template = _TEMPLATES[rng.choice(dealing.life.values["instruments"])]
    _sheet(script, dealing, dealing.investor, template, at - timedelta(days=rng.uniform(0.3, 3)), rng)
    if rng.random() < 0.45:
        moment = at - timedelta(days=rng.uniform(0.1, 1))
        _sheet(script, dealing, dealing.life.owner, template, moment, rng)


def _sheet(script: Script, dealing: Dealing, author: Actor, template: str, at: datetime, rng: Random) -> None:
    known: dict[str, str] = {}
    share = rng.choice((100, 80, 60, 50))
    script.add(at, author, lambda actor: _draft(actor, dealing, template, share, known))
    for number in range(rng.choice((0, 1, 1, 2, 3))):
        change, comment = rng.randrange(5), rng.randrange(5)
        moment = at + timedelta(hours=rng.uniform(2, 9) * (number + 1))
        script.add(moment, author, _revising(dealing, known, change, comment))
    if rng.random() < 0.22:
        script.add(at + timedelta(hours=40), author, lambda actor: service.withdraw(actor, known["id"]))


def _draft(actor: Actor, dealing: Dealing, template: str, share: int, known: dict[str, str]) -> None:
    ask = dealing.life.values["ask"]
    amount = ask["amount_minor"] * share // 100 // 100_000 * 100_000
    terms: dict[str, Any] = {"investment": {"amount": ask | {"amount_minor": amount}}} if share < 100 else {}
    if ask["currency"] == "USD":
        terms["law"] = {
            "governing": "singapore", "institution": "siac", "seat": {"zh": "新加坡", "en": "Singapore"}, "prevailing": "en",
        }  # fmt: skip
    known["id"] = service.draft(actor, dealing.deal_id, template=template, terms=terms).id


def _revising(dealing: Dealing, known: dict[str, str], change: int, comment: int) -> Any:
    return lambda actor: _revise(actor, known["id"], change, _COMMENTS[dealing.life.idea.overseas][comment])


def _revise(actor: Actor, sheet_id: str, change: int, comment: str) -> None:
    sheet = queries.get(actor, sheet_id)
    terms = copy.deepcopy(queries.version(actor, sheet).terms)
    match change:
        case 0:
            terms["exclusivity"]["days"] += 15
            terms["collection"]["settlement_days"] = max(5, terms["collection"]["settlement_days"] - 3)
        case 1:
            terms["credit"]["personal_credits"] += 1
        case 2:
            terms["investment"]["payment_days"] += 5
        case 3:
            terms["censorship"]["rework_rounds"] = terms["censorship"]["rework_rounds"] % 6 + 1
            terms["confidentiality"]["years"] += 1
        case _:
            terms["validity"]["until"] = (clock.today() + timedelta(days=45)).isoformat()
            terms["information"]["report_days"] = terms["information"]["report_days"] % 60 + 5
    service.add_version(actor, sheet_id, terms=terms, base_version=sheet.current_number, comment=comment)

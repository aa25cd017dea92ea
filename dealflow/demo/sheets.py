"""Term sheets of the demo: drafted by either side, proposed, countered up to three times with comments, and ended in
every way there is."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from dealflow.core.actor import SYSTEM, Actor
from dealflow.demo import funding
from dealflow.demo.data import table
from dealflow.demo.dealing import Dealing
from dealflow.demo.script import Script
from dealflow.signing import service as signing
from dealflow.termsheets import queries, service

_TEMPLATES = {
    "equity": "equity_spv", "revenue_share": "revenue_share", "loan": "loan", "presale": "presale", "minimum_guarantee": "presale",
}  # fmt: skip
_COMMENTS = {
    False: ("按昨日电话调整投流上限", "投资金额按尽调结果下调一成", "结算期限缩短，排他期延长", "补充署名与宣传条款", "付款期限改为十五个工作日"),
    True: ("Ad-spend cap as discussed on the call", "Amount reduced after diligence", "Shorter settlement, longer exclusivity",
           "Credits added", "Payment within fifteen business days"),
}  # fmt: skip
# What becomes of the first term sheet of a deal, by where the deal stands; how many counter-proposals come before.
_ENDS = {
    "data_room": (("draft", 0),),
    "negotiation": (("countered", 3), ("proposed", 0), ("countered", 1), ("accepted", 2), ("draft", 0), ("signing", 3), ("countered", 2)),
    "signed": (("executed", 2), ("executed", 3), ("executed", 1)),
    "closed_lost": (("rejected", 2), ("expired", 1), ("withdrawn", 0), ("rejected", 1)),
}  # fmt: skip
_STEP = timedelta(hours=7)


@dataclass
class Talk:
    """One term sheet's way: its author, the other side, and how it ends."""

    author: Actor
    other: Actor
    end: str
    counters: int
    overseas: bool
    known: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.known["id"]

    def turn(self, number: int) -> Actor:
        """Who makes the counter-proposal of this number, from 1: the other side first."""
        return self.other if number % 2 else self.author


def tell(script: Script, dealing: Dealing, at: datetime, rng: Random) -> None:
    """Add a term sheet with its talks, ended by the moment `at`, sometimes with a draft of the creator beside it."""
    template = _TEMPLATES[rng.choice(dealing.life.values["instruments"])]
    if dealing.together:
        template = "revenue_share"
    stands = "signed" if dealing.stands in ("funded", "closed_won") else dealing.stands
    # The main logins have one with three counter-proposals to look at.
    end, counters = _ENDS[stands][0] if dealing.leading else rng.choice(_ENDS[stands])
    if dealing.signing:
        end = "signing"
    talk = Talk(dealing.investor, dealing.life.owner, end, counters, dealing.life.idea.overseas)
    if rng.random() < 0.25 and end != "draft":
        talk.author, talk.other = talk.other, talk.author
    begun = at - timedelta(days=0.4) - _STEP * (counters + 3)
    _negotiate(script, dealing, talk, template, begun, at, rng)
    if rng.random() < 0.3 and end != "executed":
        draft = Talk(dealing.life.owner, dealing.investor, "draft", 0, dealing.life.idea.overseas)
        _negotiate(script, dealing, draft, template, at - timedelta(hours=3), at, rng)


def expire(script: Script) -> None:
    """Let what lapsed meanwhile expire, as the hourly job would."""
    script.add(script.ago(0.5), SYSTEM, lambda _actor: service.expire_due())
    funding.decide_on_missed(script)


def _negotiate(
    script: Script, dealing: Dealing, talk: Talk, template: str, begun: datetime, at: datetime, rng: Random
) -> None:
    share = 50 if dealing.together else rng.choice((100, 80, 60, 50))
    until = (
        (at + timedelta(days=6)).date() if talk.end == "expired" else (script.end + timedelta(days=24)).date()
    )
    script.add(begun, talk.author, lambda actor: _draft(actor, dealing, template, share, until, talk.known))
    if rng.random() < 0.5:
        script.add(begun + _STEP / 2, talk.author, _revising(talk, rng.randrange(4), rng.randrange(5)))
    if talk.end == "draft":
        return
    script.add(begun + _STEP, talk.author, lambda actor: service.propose(actor, talk.id))
    if talk.counters:
        script.add(begun + _STEP * 1.2, talk.other, _asking(talk, rng))
        script.add(begun + _STEP * 1.3, talk.author, _answering(talk, rng))
    for number in range(1, talk.counters + 1):
        moment = begun + _STEP * (number + 0.6)
        script.add(moment, talk.turn(number), _revising(talk, rng.randrange(4), rng.randrange(5)))
    if talk.counters:
        script.add(begun + _STEP * (talk.counters + 1), talk.turn(talk.counters + 1), _agreeing(talk))
    _end(script, dealing, talk, begun + _STEP * (talk.counters + 2), at, rng)


def _end(script: Script, dealing: Dealing, talk: Talk, ready: datetime, at: datetime, rng: Random) -> None:
    """The last steps: who did not propose last accepts or rejects; signing begins and is done after the deal's own move."""
    answering = talk.turn(talk.counters + 1)
    if talk.end in ("accepted", "signing", "executed"):
        script.add(ready, answering, lambda actor: service.accept(actor, talk.id))
    if talk.end in ("signing", "executed"):
        _sign(script, dealing, talk, ready, at)
    if talk.end == "executed":
        funding.follow(script, dealing, lambda: talk.id, at + timedelta(minutes=6))
    if talk.end == "rejected":
        reason = rng.choice(_words(talk)["closed_lost"])
        script.add(ready, answering, lambda actor: service.reject(actor, talk.id, reason=reason))
    if talk.end == "withdrawn":
        reason = rng.choice(_words(talk)["closed_lost"])
        script.add(ready, talk.author, lambda actor: service.withdraw(actor, talk.id, reason=reason))


def _sign(script: Script, dealing: Dealing, talk: Talk, ready: datetime, at: datetime) -> None:
    """Sign it. The main logins sign on the platform, one after the other, and get the signed file; elsewhere it was on paper."""
    last_day = (script.end + timedelta(days=20)).date()
    if talk.end == "signing" or (dealing.leading and dealing.stands == "signed"):
        script.add(
            ready + _STEP / 4, talk.author, lambda who: signing.begin(who, talk.id, expires_on=last_day)
        )
        script.add(ready + _STEP / 3, dealing.investor, lambda who: signing.sign(who, talk.id, by_otp=False))
        if talk.end == "executed":
            later = at + timedelta(minutes=5)
            script.add(later, dealing.life.owner, lambda who: signing.sign(who, talk.id, by_otp=False))
        return
    script.add(ready + _STEP / 4, talk.author, lambda who: service.start_signing(who, talk.id))
    script.add(at + timedelta(minutes=5), talk.other, lambda who: service.complete(who, talk.id))


def _words(talk: Talk) -> dict[str, Any]:
    return dict(table("talk")["en" if talk.overseas else "zh"])


def _draft(
    actor: Actor, dealing: Dealing, template: str, share: int, until: date, known: dict[str, str]
) -> None:
    ask = dealing.life.values["ask"]
    amount = ask["amount_minor"] * share // 100 // 100_000 * 100_000
    terms: dict[str, Any] = {"validity": {"until": until.isoformat()}}
    if share < 100:
        terms["investment"] = {"amount": ask | {"amount_minor": amount}}
    if ask["currency"] == "USD":
        terms["law"] = {
            "governing": "singapore", "institution": "siac", "seat": {"zh": "新加坡", "en": "Singapore"}, "prevailing": "en",
        }  # fmt: skip
    known["id"] = service.draft(actor, dealing.deal_id, template=template, terms=terms).id


def _asking(talk: Talk, rng: Random) -> Callable[[Actor], object]:
    clause, question = rng.choice(_words(talk)["questions"])
    return lambda actor: talk.known.update(
        comment=service.comment(actor, talk.id, clause=clause, text=question).id
    )


def _answering(talk: Talk, rng: Random) -> Callable[[Actor], object]:
    answer, settled = rng.choice(_words(talk)["answers"]), rng.random() < 0.5

    def answers(actor: Actor) -> None:
        service.comment(actor, talk.id, clause="law", text=answer, parent_id=talk.known["comment"])
        if settled:
            service.resolve(actor, talk.id, talk.known["comment"])

    return answers


def _agreeing(talk: Talk) -> Callable[[Actor], object]:
    """The side whose turn it is accepts, of the clauses that differ, the first."""

    def agrees(actor: Actor) -> None:
        sheet = queries.get(actor, talk.id)
        side = sheet.side_of(actor)
        waiting = [s for s in queries.standings(actor, sheet) if side not in s.agreed]
        if len(waiting) > 1:
            service.accept_clause(actor, talk.id, waiting[0].passage.key)

    return agrees


def _revising(talk: Talk, change: int, comment: int) -> Callable[[Actor], object]:
    return lambda actor: _revise(actor, talk.id, change, _COMMENTS[talk.overseas][comment])


def _revise(actor: Actor, sheet_id: str, change: int, comment: str) -> None:
    sheet = queries.get(actor, sheet_id)
    terms = copy.deepcopy(queries.version(actor, sheet).terms)
    match change:
        case 0:
            terms["exclusivity"]["days"] += 15
            terms["collection"]["settlement_days"] = terms["collection"]["settlement_days"] % 20 + 3
        case 1:
            terms["credit"]["personal_credits"] += 1
            terms["delivery"]["acceptance_days"] = terms["delivery"]["acceptance_days"] % 30 + 5
        case 2:
            terms["investment"]["payment_days"] += 5
            terms["ad_spend"]["approval_days"] = terms["ad_spend"]["approval_days"] % 10 + 1
        case _:
            terms["censorship"]["rework_rounds"] = terms["censorship"]["rework_rounds"] % 6 + 1
            terms["confidentiality"]["years"] += 1
            terms["information"]["report_days"] = terms["information"]["report_days"] % 60 + 5
    service.add_version(actor, sheet_id, terms=terms, base_version=sheet.current_number, comment=comment)

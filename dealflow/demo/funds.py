"""The demo's fund: three partners, two closings with equalisation, calls, fees, a distribution, statements."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.money import Money
from dealflow.demo.investors import Members
from dealflow.demo.script import Script
from dealflow.funds import queries, service
from dealflow.funds.periods import last_ended
from dealflow.ledger import rate_entry
from dealflow.settlement import bank_queries
from dealflow.settlement import service as bank

_MANAGER, _PARTNER, _LATER = "fund", "lp", "i05"
_WAN = 1_000_000
_TERMS: dict[str, Any] = {
    "name": "长三角微短剧一号基金（有限合伙）", "currency": "CNY", "term_years": 5, "target_minor": 50_000 * _WAN,
    "fee_rate_ppm": 20_000, "fee_base": "commitment", "carry_mode": "european", "pref_rate_ppm": 80_000,
    "catch_up_ppm": 1_000_000, "carry_ppm": 200_000, "equalisation_rate_ppm": 60_000, "late_rate_ppm": 100_000,
    "limits": {"holding_ppm": 100_000, "genre_ppm": 350_000},
    "payment_details": "户名：长三角微短剧一号基金（有限合伙）\n开户行：示例银行上海分行营业部\n账号：0000 0000 0000 0001",
}  # fmt: skip


@dataclass
class Raised:
    """What the deeds know of each other: ids, once they have happened."""

    partners: dict[str, str] = field(default_factory=dict)
    calls: dict[int, str] = field(default_factory=dict)
    fund_id: str = ""
    distribution_id: str = ""


def arrange(script: Script, members: Members) -> Raised:
    """Add the fund's life over the last ten months; what comes of it is known once the script has played."""
    (_house, people), (_lp, partner), (_other, later) = (members[key] for key in (_MANAGER, _PARTNER, _LATER))
    manager, colleague, made = people[0], people[1], Raised()
    deeds: list[tuple[float, Actor, Callable[[Actor], object]]] = [
        (288, manager, _raise(made, partner[0], later[0])),
        (286, manager, _close(made, a=20_000, b=15_000)),
        (280, manager, _call(made, 1, {"investment": 6_000, "fee": 700, "expenses": 50})),
        (269, manager, _pay(made, 1)),
        (260, manager, _charge(made, "expense", 38, "2026-LAW-01", "设立律师费与工商登记")),
        (151, manager, _fee(made)),
        (150, manager, _close(made, c=10_000)),
        (90, manager, _call(made, 2, {"investment": 4_500, "fee": 900})),
        (78, manager, _pay(made, 2)),
        (60, manager, _fee(made)),
        (45, manager, _charge(made, "income", 12, "BANK-INT-Q", "活期存款利息")),
        (20, manager, lambda actor: _prepare(actor, made)),
        (19, colleague, lambda actor: service.approve(actor, made.fund_id, made.distribution_id)),
        (12, manager, _fee(made)),
        (10, manager, lambda actor: _statements(actor, made)),
        *(
            (days, manager, _rates(usd, hkd))
            for days, usd, hkd in ((7, "7.1052", "0.9132"), (6, "7.1049", "0.9131"), (3, "7.1060", "0.9134"))
        ),
        (2, manager, lambda actor: _abroad(actor, made)),
        (4, manager, _call(made, 3, {"investment": 3_000})),
        (1, manager, lambda actor: _from_statement(actor, made, 3)),
    ]
    for days, actor, deed in deeds:
        script.add(script.ago(days), actor, deed)
    return made


def _raise(made: Raised, partner: Actor, later: Actor) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        today = clock.today()
        terms = _TERMS | {"vintage": today.year, "started_on": today}
        made.fund_id = service.create(actor, terms, is_sample=True).id
        parties: dict[str, dict[str, Any]] = {
            "a": {"organisation_id": partner.organisation_id},
            "b": {"name": "通州湾产业引导母基金", "email": "fof@partner.example"},
            "c": {"organisation_id": later.organisation_id},
        }
        for key, party in parties.items():
            row = service.add(actor, made.fund_id, **party)
            made.partners[key] = row.id
            account = (
                f"户名：{row.name}\n开户行：示例银行南通分行\n账号：0000 0000 0000 01{len(made.partners):02}"
            )
            service.pay_to(actor, made.fund_id, row.id, payment_details=account)

    return deed


def _close(made: Raised, **wan: int) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        rows = [(made.partners[key], Money(amount * _WAN)) for key, amount in wan.items()]
        service.hold_closing(actor, made.fund_id, on=clock.today(), commitments=rows)

    return deed


def _call(made: Raised, number: int, wan: dict[str, int]) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        purposes = [service.Purpose(kind, Money(amount * _WAN)) for kind, amount in wan.items()]
        due = clock.today() + timedelta(days=12)
        call = service.draft_call(actor, made.fund_id, due_on=due, purposes=purposes)
        made.calls[number] = service.issue_call(actor, made.fund_id, call.id).id

    return deed


def _pay(made: Raised, number: int) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        call = queries.call(actor, made.fund_id, made.calls[number])
        for place, line in enumerate(queries.call_lines([call])[call.id]):
            service.pay(
                actor, made.fund_id, call.id, lp_id=line.lp_id, amount=Money(line.amount_minor), on=clock.today(),
                reference=f"ICBC-{number:02}{place:04}",
            )  # fmt: skip

    return deed


def _from_statement(actor: Actor, made: Raised, number: int) -> None:
    """A statement of the fund's account: one partner's part is confirmed, a part of another's waits, the bank's interest is
    set aside."""
    call, names, day = (
        queries.call(actor, made.fund_id, made.calls[number]),
        queries.names(made.fund_id),
        clock.today(),
    )
    asked = {line.lp_id: line for line in queries.call_lines([call])[call.id]}
    whole, part = asked[made.partners["b"]], asked[made.partners["a"]]
    came = [
        (whole.amount_minor, names[whole.lp_id], f"实缴出资 {whole.reference}"),
        (part.amount_minor // 2, names[part.lp_id], f"第{number}次出资（首笔） {part.reference}"),
        (3_126_40, "示例银行上海分行", "存款结息"),
    ]  # fmt: skip
    rows = [
        f"{7001 + place},{day} 10:0{place}:00,贷,,{Money(minor).major:.2f},{text},{payer}"
        for place, (minor, payer, text) in enumerate(came)
    ]
    content = "\n".join(["凭证号,交易时间,借/贷,借方发生额,贷方发生额,摘要,对方单位名称", *rows]).encode()
    bank.bring_in(actor, content, f"{day:%Y-%m}-基金账户明细.csv", fund_id=made.fund_id)
    lines, _total = bank_queries.lines(actor, bank_queries.LineQuery(fund_id=made.fund_id))
    by_amount = {line.amount_minor: line for line in lines}
    bank.confirm(actor, by_amount[whole.amount_minor].id, whole.id)
    bank.ignore(actor, by_amount[3_126_40].id, reason="存款利息，不对应出资通知")


def _charge(made: Raised, kind: str, wan: int, reference: str, text: str) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        row = service.charge(
            actor, made.fund_id, kind=kind, on=clock.today(), amount=Money(wan * _WAN), reference=reference, text=text
        )  # fmt: skip
        if kind == "expense":
            service.pay_charge(actor, made.fund_id, row.id, on=clock.today())

    return deed


def _rates(usd: str, hkd: str) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        for base, rate in (("USD", usd), ("HKD", hkd)):
            rate_entry.enter(
                actor, base=base, quote="CNY", day=clock.today(), rate=Decimal(rate), source="示例中间价"
            )

    return deed


def _abroad(actor: Actor, made: Raised) -> None:
    """An expense in dollars at the table's rate."""
    service.charge(
        actor, made.fund_id, kind="expense", on=clock.today(), amount=Money(8_600_00, "USD"), reference="2026-US-COUNSEL",
        text="海外版权律师费",
    )  # fmt: skip


def _fee(made: Raised) -> Callable[[Actor], object]:
    def deed(actor: Actor) -> None:
        row = service.accrue_fee(actor, made.fund_id, period=last_ended(clock.today()))
        if row.paid_on is None:
            service.pay_charge(actor, made.fund_id, row.id, on=clock.today())

    return deed


def _prepare(actor: Actor, made: Raised) -> None:
    made.distribution_id = service.prepare(
        actor, made.fund_id, on=clock.today(), amount=Money(1_800 * _WAN), recallable=Money(600 * _WAN),
        text="首批项目回款分配",
    ).id  # fmt: skip


def _statements(actor: Actor, made: Raised) -> None:
    service.issue_statements(actor, made.fund_id, period=last_ended(clock.today()))

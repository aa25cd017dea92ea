"""Distributions: prepared with a preview, approved and posted by a second person; and the clawback at the end."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, Forbidden, Invalid, StaleVersion
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.funds import chart, queries, waterfall
from dealflow.funds.models import Fund, FundDistribution, FundDistributionLine
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service import notices
from dealflow.funds.service.base import hold, merged, not_ahead, open_book
from dealflow.funds.states import DISTRIBUTION
from dealflow.ledger import service as ledger
from dealflow.ledger.service import Draft
from dealflow.notify import service as notify


def prepare(
    actor: Actor, fund_id: str, *, on: date, amount: Money, recallable: Money | None = None, deal: str | None = None, text: str = ""
) -> FundDistribution:  # fmt: skip
    """Prepare a distribution with its preview. Raises Invalid; Conflict while another one waits for approval."""
    fund = hold(actor, fund_id, Can.POST)
    _check(fund, on, amount, recallable)
    back = recallable.amount_minor if recallable else 0
    found = waterfall.plan(fund, on, amount.amount_minor, deal, back)
    if back > found["lp_minor"]:
        raise Invalid.field(
            "recallable", "too_much", N_("Only what goes to the partners can be recalled; lower it")
        )
    row = FundDistribution(
        kind="distribution", paid_on=on, amount_minor=amount.amount_minor, recallable_minor=back, deal=deal, text=text, plan=found,
    )  # fmt: skip
    return _keep(actor, fund, row)


def prepare_clawback(actor: Actor, fund_id: str, *, on: date, tax_ppm: int = 0) -> FundDistribution:
    """Prepare what the manager gives back when the fund ends on a day, its carry net of tax at most."""
    fund = hold(actor, fund_id, Can.POST)
    not_ahead(on, "on")
    last = [row.paid_on for row in queries.distributions(fund.id) if row.state == "posted"]
    if last and on < max(last):
        raise Invalid.field("on", "too_early", N_("Use the day of the last distribution or a later one"))
    found = waterfall.clawback_plan(fund, on, tax_ppm)
    if not found["amount_minor"]:
        raise Conflict(N_("The manager owes nothing back at this day"), code="nothing_to_claw_back")
    row = FundDistribution(
        kind="clawback", paid_on=on, amount_minor=found["amount_minor"], tax_ppm=tax_ppm, plan=found,
    )  # fmt: skip
    return _keep(actor, fund, row)


def _check(fund: Fund, on: date, amount: Money, recallable: Money | None) -> None:
    not_ahead(on, "on")
    if amount.currency != fund.currency or amount.amount_minor <= 0:
        raise Invalid.field("amount", "wrong_amount", N_("Enter an amount above zero in the fund's currency"))
    if recallable is not None and recallable.currency != fund.currency:
        raise Invalid.field(
            "recallable", "wrong_amount", N_("Enter an amount above zero in the fund's currency")
        )
    posted = [row for row in queries.distributions(fund.id) if row.state == "posted"]
    if any(row.kind == "clawback" for row in posted):
        raise Conflict(
            N_("The fund has ended with a clawback; nothing more is distributed"), code="fund_ended"
        )
    if posted and on < max(row.paid_on for row in posted):
        raise Invalid.field("on", "too_early", N_("Use the day of the last distribution or a later one"))
    if not any(queries.commitments_on(fund.id, on).values()):
        raise Invalid.field(
            "on", "no_commitments", N_("Nobody has committed anything to the fund by this day")
        )
    held = min(queries.cash(fund).amount_minor, queries.cash(fund, on).amount_minor)
    # What partners overpaid is theirs, not the fund's to share out.
    held -= sum(money.amount_minor for money in queries.overpaid(fund).values())
    if amount.amount_minor > held:
        there = fund.money(held)
        raise Invalid.field(
            "amount", "not_enough_cash", N_("The fund's bank account holds %(amount)s; enter at most that"),
            amount=f"{there.major:,} {there.currency}",
        )  # fmt: skip


def _keep(actor: Actor, fund: Fund, row: FundDistribution) -> FundDistribution:
    highest = select(func.max(FundDistribution.number)).where(FundDistribution.fund_id == fund.id)
    row.fund_id, row.organisation_id = fund.id, fund.organisation_id
    row.number = (session().scalar(highest) or 0) + 1
    row.prepared_by_id, row.prepared_by_name = actor.user_id, actor.user_name
    try:
        with session().begin_nested():
            session().add(row)
    except IntegrityError:
        raise Conflict(
            N_("Another distribution waits for approval; approve or cancel it first"), code="one_waits"
        ) from None
    audit.record(
        actor, Tag.PREPARED, row, after={"kind": row.kind, "amount_minor": row.amount_minor, "on": row.paid_on.isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    notify.tell(
        code="fund_distribution_waits", title=N_("%(name)s asks you to approve a distribution of %(fund)s"),
        params={"name": actor.user_name, "fund": fund.name}, link=f"/funds/{fund.id}/distributions/{row.id}",
        organisation_id=fund.organisation_id, but=actor.user_id,
    )  # fmt: skip
    return row


def _held(fund: Fund, distribution_id: str, version: int | None) -> FundDistribution:
    row = queries.distribution(fund.id, distribution_id)
    session().refresh(row)
    if version is not None and version != row.version:
        raise StaleVersion(row.version)
    return row


def approve(
    actor: Actor, fund_id: str, distribution_id: str, *, version: int | None = None
) -> FundDistribution:
    """Approve what another person prepared: posted and paid. Raises InvalidTransition the second time.

    Forbidden for the person who prepared it; Conflict (`outdated`) when the preview no longer holds.
    """
    fund = hold(actor, fund_id, Can.APPROVE)
    row = _held(fund, distribution_id, version)
    state = DISTRIBUTION.fire(row.state, "approve", row)
    if row.prepared_by_id == actor.user_id:
        raise Forbidden(N_("Somebody else approves what you have prepared"), code="own_work")
    if _anew(fund, row) != row.plan:
        raise Conflict(
            N_("Something was posted since this was prepared; cancel it and prepare it again"),
            code="outdated",
        )
    entry = ledger.post(
        actor, open_book(actor, fund),
        Draft(row.paid_on, f"fund_{row.kind}", f"distribution:{row.id}", _lines(fund, row), text=row.text, source=row.id),
    )  # fmt: skip
    facts = notices.of_distribution(fund, row, entry)
    for lp_id, part in row.plan["lps"].items():
        if part["amount_minor"] or part["carry_minor"]:
            session().add(
                FundDistributionLine(
                    distribution_id=row.id,
                    fund_id=fund.id,
                    lp_id=lp_id,
                    organisation_id=fund.organisation_id,
                    amount_minor=part["amount_minor"],
                    recallable_minor=part["recallable_minor"],
                    facts=facts[lp_id],
                )
            )
    row.state, row.entry_id = state, entry.id
    row.approved_by_id, row.approved_by_name = actor.user_id, actor.user_name
    session().flush()
    audit.record(
        actor, Tag.DISTRIBUTED, row, before={"state": "draft"}, after={"state": state, "entry_id": entry.id},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    _tell(actor, fund, row)
    return row


def cancel(
    actor: Actor, fund_id: str, distribution_id: str, *, reason: str, version: int | None = None
) -> FundDistribution:
    """Drop a distribution that was not approved."""
    fund = hold(actor, fund_id, Can.POST)
    row = _held(fund, distribution_id, version)
    row.state = DISTRIBUTION.fire(row.state, "cancel", row)
    session().flush()
    audit.record(
        actor, Tag.DROPPED, row, before={"state": "draft"}, after={"state": row.state}, reason=reason,
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    return row


def _anew(fund: Fund, row: FundDistribution) -> dict[str, Any]:
    if row.kind == "clawback":
        return waterfall.clawback_plan(fund, row.paid_on, row.tax_ppm)
    _check(fund, row.paid_on, fund.money(row.amount_minor), None)
    return waterfall.plan(fund, row.paid_on, row.amount_minor, row.deal, row.recallable_minor)


def _lines(fund: Fund, row: FundDistribution) -> list[ledger.Line]:
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    lines: list[Any] = []
    for lp_id, part in row.plan["lps"].items():
        lp, back = rows[lp_id], part["recallable_minor"]
        lines += [
            (chart.equity(lp, "distribution"), fund.money(part["amount_minor"] - back)),
            (chart.equity(lp, "distribution_recallable"), fund.money(back)),
            (chart.equity(lp, "carry"), fund.money(part["carry_minor"])),
        ]
    # A clawback comes from the manager and goes on to the partners, so nothing stays on the bank account.
    out = row.amount_minor if row.kind == "distribution" else 0
    return merged([*lines, (chart.BANK, fund.money(-out))])


def _tell(actor: Actor, fund: Fund, row: FundDistribution) -> None:
    rows = {lp.id: lp for lp in queries.lps(fund.id)}
    for lp_id in row.plan["lps"]:
        organisation = rows[lp_id].lp_organisation_id
        if organisation is not None:
            notify.tell(
                code="fund_distribution", title=N_("%(fund)s has distributed money to you"), params={"fund": fund.name},
                link=f"/funds/{fund.id}/lps/{lp_id}", organisation_id=organisation, but=actor.user_id, by_mail=True,
            )  # fmt: skip

"""What notices of closings and distributions say to each partner, kept with them: names and figures as they stood."""

from __future__ import annotations

from typing import Any

from dealflow.audit import service as audit
from dealflow.core import clock
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Conflict, InvalidTransition
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.funds import queries, waterfall
from dealflow.funds.models import Fund, FundClosing, FundDistribution, FundDistributionNotice, FundLp
from dealflow.funds.policy import Can, Tag
from dealflow.funds.service.base import hold, manager_names, open_book
from dealflow.ledger import queries as books
from dealflow.ledger.queries import Entry
from dealflow.notify import service as notify

Facts = dict[str, dict[str, Any]]
# What a partner pays at a closing, and what it gets.
PAID = ("contribution", "contribution_outside", "interest_paid", "fee_interest")
RECEIVED = ("refund", "interest_received")
# What a notice of a distribution says of the partner's place in the fund, with it counted in.
_STANDING = (
    "commitment",
    "contributed",
    "outside",
    "refunded",
    "interest",
    "distributed",
    "recallable",
    "carry",
    "unfunded",
)


def facts(
    fund: Fund, rows: dict[str, FundLp], closing: FundClosing, moved: dict[str, dict[str, int]]
) -> Facts:
    """Partner → what it is told: everybody who has a commitment after the closing. `moved` is its sum by partner."""
    after = queries.commitments_on(fund.id)
    new = {
        row.lp_id: row.amount_minor for row in queries.commitments(fund.id) if row.closing_id == closing.id
    }
    return {
        lp_id: {
            "fund": fund.name, "manager": manager_names(fund), "lp": rows[lp_id].name, "payment_details": fund.payment_details,
            "new_minor": new.get(lp_id, 0), "commitment_minor": minor, "whole_minor": sum(after.values()),
            "moved": moved.get(lp_id, {}), "calls": _calls(fund, closing, lp_id),
            "fees": [{"period": period} | parts for period, parts in sorted(closing.true_up.get(lp_id, {}).items())],
        }
        for lp_id, minor in after.items() if minor
    }  # fmt: skip


def pays(told: dict[str, Any]) -> bool:
    """Whether a notice of a closing asks its partner for money."""
    return any(told["moved"].get(name) for name in PAID)


def _calls(fund: Fund, closing: FundClosing, lp_id: str) -> list[dict[str, Any]]:
    """By earlier call: what the partner pays in for it, or gets back of it (below zero), each with interest."""
    found: dict[str, dict[str, Any]] = {}
    known = {call.id: call for call in queries.calls(fund.id)}
    for slice_id, sides in closing.equalised.items():
        call = known[slice_id.partition(":")[0]]
        pays, gets = sides["new"].get(lp_id, {}), sides["existing"].get(lp_id, {})
        amount = pays.get("contribution_minor", 0) - gets.get("refund_minor", 0)
        interest = pays.get("interest_minor", 0) - gets.get("interest_minor", 0)
        if amount or interest:
            row = found.setdefault(
                call.id,
                {
                    "number": call.number,
                    "due_on": call.due_on.isoformat(),
                    "amount_minor": 0,
                    "interest_minor": 0,
                },
            )
            row["amount_minor"] += amount
            row["interest_minor"] += interest
    return sorted(found.values(), key=lambda row: row["number"])


def of_distribution(fund: Fund, row: FundDistribution, entry: Entry) -> Facts:
    """Partner → what it is told of a distribution, which `entry` posted: figures as they stood then, names as they are."""
    return told_of(fund, row, queries.positions(fund, after=entry))


def told_of(fund: Fund, row: FundDistribution, places: dict[str, queries.Position]) -> Facts:
    """The same, with where each partner stands given."""
    manager, tiers = manager_names(fund), waterfall.shares(row.plan)
    return {
        lp_id: {
            "fund": fund.name, "manager": manager, "lp": place.lp.name if place.lp else "",
            "payment_details": place.lp.payment_details if place.lp else "",
            "carry_minor": row.plan["lps"][lp_id]["carry_minor"], "tiers": tiers[lp_id],
            "position": {name: _minor(getattr(place, name)) for name in _STANDING},
        }
        for lp_id, place in places.items()
        if lp_id in row.plan["lps"]
    }  # fmt: skip


def issue(actor: Actor, fund_id: str, distribution_id: str) -> FundDistribution:
    """Issue the notices of a distribution that was posted before there were notices. What they say of its day is of then;
    to which account it was paid was not kept and is not told.

    Raises NotFound, Forbidden, InvalidTransition (not posted), Conflict (`issued_already`).
    """
    fund = hold(actor, fund_id, Can.ISSUE)
    row = queries.distribution(fund.id, distribution_id)
    if row.state != "posted" or row.entry_id is None:
        raise InvalidTransition(N_("A distribution has notices once it is posted"))
    there = queries.distribution_notices(fund.id, distribution_id=row.id)
    lines = queries.distribution_lines(fund.id, distribution_id=row.id)
    lacking = [line for line in lines if (row.id, line.lp_id) not in there]
    if not lacking:
        raise Conflict(N_("All partners have the notice of this distribution"), code="issued_already")
    told = of_distribution(fund, row, books.entry(open_book(actor, fund), row.entry_id))
    for line in lacking:
        session().add(
            FundDistributionNotice(
                line_id=line.id, fund_id=fund.id, lp_id=line.lp_id, organisation_id=fund.organisation_id, issued_on=clock.today(),
                issued_by_id=actor.user_id, issued_by_name=actor.user_name, facts=told[line.lp_id] | {"payment_details": ""},
            )
        )  # fmt: skip
    session().flush()
    audit.record(
        actor, Tag.NOTICED, row, after={"partners": len(lacking), "issued_on": clock.today().isoformat()},
        organisation_id=fund.organisation_id,
    )  # fmt: skip
    _tell(actor, fund, {line.lp_id for line in lacking})
    return row


def _tell(actor: Actor, fund: Fund, lp_ids: set[str]) -> None:
    for lp in queries.lps(fund.id):
        if lp.id in lp_ids and lp.lp_organisation_id is not None:
            notify.tell(
                code="fund_distribution_notice", title=N_("The notice of a distribution of %(fund)s is ready"),
                params={"fund": fund.name}, link=f"/funds/{fund.id}/lps/{lp.id}", organisation_id=lp.lp_organisation_id,
                but=actor.user_id, by_mail=True,
            )  # fmt: skip


def _minor(value: queries.Figure | Money) -> int:
    return value.amount_minor if isinstance(value, Money) else value.amount.amount_minor

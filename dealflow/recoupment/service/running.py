"""Making a run: a preview that somebody else approves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from dealflow.audit import service as audit
from dealflow.core import clock, policy
from dealflow.core.actor import Actor
from dealflow.core.config import settings
from dealflow.core.db import hold, session
from dealflow.core.errors import Conflict, Invalid, StaleVersion
from dealflow.core.i18n import N_, show_day
from dealflow.core.ids import new
from dealflow.finance.errors import FinanceInputError, Refused
from dealflow.ledger.rates import Rate, find_rate
from dealflow.notify import service as notify
from dealflow.recoupment import computing, exchange, order, queries, sources
from dealflow.recoupment.computing import Base, Outcome
from dealflow.recoupment.models import DistributionLine, DistributionRun
from dealflow.recoupment.policy import Can, Tag
from dealflow.recoupment.queries import Desk
from dealflow.recoupment.sources import Input, Terms
from dealflow.recoupment.states import RUN

SHOWN = 5  # rates that are asked for in one refusal


@dataclass(frozen=True)
class Prepared:
    """All that a run through a day is computed from. `fresh`: inputs in other currencies of the terms, as no posted run
    has counted them yet."""

    terms: Terms
    inputs: list[Input]
    last: DistributionRun | None
    base: Base | None
    digest: str
    fresh: tuple[Input, ...]

    @property
    def currency(self) -> str:
        """What the money is in."""
        return self.terms.currencies[0]

    @property
    def is_news(self) -> bool:
        """Whether anything came in, or a term sheet was executed, since the last posted run."""
        if self.last is None or self.base is None:
            return True
        known = {sheet["id"] for sheet in self.last.sheets}
        return any((i.kind, i.source_id) not in self.base.covered for i in self.inputs) or any(
            sheet.id not in known for sheet in self.terms.sheets
        )


def prepare(project_id: str, organisation_id: str, through: date) -> Prepared:
    """Read terms, inputs and what was posted before; in the terms' currencies, at the rates of the organisation's table.

    Raises Conflict (`no_terms`, `no_rate`, `too_large`), Invalid (`through`).
    """
    last = queries.last_posted(project_id)
    if last is not None and through < last.through:
        raise Invalid.field(
            "through", "before_last_run", N_("A run through %(day)s is posted; choose that day or a later one"),
            day=show_day(last.through),
        )  # fmt: skip
    joins = (
        {s["id"]: date.fromisoformat(s["joins_after"]) if s["joins_after"] else None for s in last.sheets}
        if last
        else {}
    )
    terms = sources.terms(project_id, joins, new=last.through if last else None)
    if not terms.sheets:
        raise Conflict(
            N_("No term sheet of this project is executed yet; have one signed first"), code="no_terms"
        )
    inputs, fresh = _in_currencies(sources.inputs(project_id, through), project_id, terms, organisation_id)
    base = None
    if last is not None:
        paid = {
            (line.term_sheet_id, line.tier, line.payee): line.cumulative_minor
            for line in queries.lines(last.id)
        }
        base = Base(
            last.through, last.position, queries.covered(project_id), paid, order.cost_of(last.position)
        )
    digest = computing.digest(terms, inputs, last.id if last else None, through)
    return Prepared(terms, inputs, last, base, digest, fresh)


def _in_currencies(
    found: list[Input], project_id: str, terms: Terms, organisation_id: str
) -> tuple[list[Input], tuple[Input, ...]]:
    """What came in, in the currencies of the terms, as posted runs have kept it, else at the rates of the house's table."""
    money, *others = terms.currencies
    if not others and all(item.currency == money for item in found):
        return found, ()
    foreign = [item.source_id for item in found if item.currency != money]
    posted = {
        money: {(row.kind, row.source_id): sources.as_posted(row) for row in queries.posted_as(foreign)}
    }
    by_key = {(item.kind, item.source_id): item for item in found}
    for row in queries.conversions(project_id):
        key = (row.kind, row.source_id)
        posted.setdefault(row.currency, {})[key] = sources.as_converted(by_key[key], row)

    @cache
    def rate_of(base: str, quote: str, day: date) -> Rate | None:
        return find_rate(session(), organisation_id, base, quote, day)

    try:
        return exchange.in_currencies(found, terms.currencies, posted, rate_of)
    except exchange.NoRatesError as error:
        wanted = ", ".join(f"{base}/{quote} {day}" for base, quote, day in error.missing[:SHOWN])
        raise Conflict(
            N_(
                "Receipts are in another currency than terms, and there is no rate of their day (%(wanted)s) nor of the %(days)s days before it; enter it under Exchange rates (/exchange-rates), then make the run again"
            ),
            code="no_rate", wanted=wanted + ("…" if len(error.missing) > SHOWN else ""), days=settings().rate_days,
        ) from None  # fmt: skip
    except exchange.TooLargeError as error:
        raise Conflict(
            N_("At the rate of %(day)s an amount in %(currency)s is too large; look at the rate under Exchange rates"),
            code="too_large", day=show_day(error.day), currency=error.currency,
        ) from None  # fmt: skip


def computed(prepared: Prepared) -> Outcome:
    """The run. Raises Conflict (`terms_refused`) when the waterfall refuses the terms or the amounts."""
    try:
        return computing.compute(prepared.terms, prepared.inputs, prepared.base)
    except (Refused, FinanceInputError) as error:
        raise Conflict(
            N_("The terms cannot be computed over these receipts: %(reason)s"), code="terms_refused", reason=str(error)
        ) from error  # fmt: skip


def make(actor: Actor, project_id: str, *, through: date) -> DistributionRun:
    """A preview of the run through a day: a line for every tier and payee. A preview that waits is replaced, unless it
    says the same; with nothing new since the last posted run, that run.

    Raises NotFound, Forbidden, Invalid (`through`: `before_last_run`, `in_the_future`), Conflict (`no_terms`, `no_rate`, `too_large`, `terms_refused`).
    """
    desk = queries.desk(actor, project_id)
    policy.require(actor, Can.RUN, desk, see=Can.SEE_PART)
    if through > clock.today():
        # Every receipt until then would come before the run, and each later run a restatement.
        message = N_("A run goes through today at most; choose a day that has come")
        raise Invalid.field("through", "in_the_future", message)
    prepared = prepare(project_id, desk.organisation_id, through)
    if not prepared.is_news and prepared.last is not None:
        return prepared.last
    there = queries.preview_of(project_id)
    if there is not None:
        if there.digest == prepared.digest:
            return there
        _end(actor, there)
    return _kept(actor, desk, through, prepared, computed(prepared))


def _kept(actor: Actor, desk: Desk, through: date, prepared: Prepared, outcome: Outcome) -> DistributionRun:
    last = prepared.last
    run = DistributionRun(
        id=new("run"), project_id=desk.project_id, organisation_id=desk.organisation_id, base_id=last.id if last else None,
        through=through, kind=outcome.kind, currency=prepared.currency, digest=prepared.digest,
        distributed_minor=outcome.position["gross_minor"], due_minor=outcome.due_minor,
        refund_minor=outcome.position["refund_minor"], position=outcome.position,
        sheets=[
            {
                "id": s.id, "joins_after": s.joins_after.isoformat() if s.joins_after else None,
                **prepared.terms.titles[s.id],
            }
            for s in prepared.terms.sheets
        ],
        exchange=exchange.told(outcome.new, prepared.fresh), not_counted=sources.not_counted(desk.project_id, through), made_by_id=actor.user_id, made_by_name=actor.user_name,
    )  # fmt: skip
    try:
        with session().begin_nested():
            session().add(run)
            session().flush()
    except IntegrityError:
        # Somebody else's run came first at the same instant.
        first = queries.preview_of(desk.project_id)
        if first is not None and first.digest == run.digest:
            return first
        raise Conflict(N_("Somebody else is making a run of this project; look at that one first")) from None
    _keep_lines(run, prepared.terms, outcome)
    audit.record(
        actor, Tag.MADE, run, organisation_id=run.organisation_id,
        after={"through": through, "kind": run.kind, "due_minor": run.due_minor, "new": len(outcome.new)},
    )  # fmt: skip
    notify.tell(
        code="recoupment.preview", title=N_("A distribution waits for a second person"), link=f"/distribution-runs/{run.id}",
        text=N_("%(project)s, through %(day)s, made by %(who)s."), organisation_id=run.organisation_id, but=actor.user_id,
        params={"project": desk.titles, "day": through.isoformat(), "who": actor.user_name},
    )  # fmt: skip
    return run


def _keep_lines(run: DistributionRun, terms: Terms, outcome: Outcome) -> None:
    rows = []
    for place, line in enumerate(outcome.lines):
        payee = terms.payees.get(line.payee) or sources.Payee(
            line.payee, line.payee, "other", run.organisation_id
        )
        rows.append(
            {
                "id": new("rln"), "run_id": run.id, "organisation_id": run.organisation_id, "place": place,
                "term_sheet_id": line.term_sheet_id, "tier": line.tier, "tier_label": line.tier_label, "payee": payee.key,
                "payee_name": payee.name, "payee_kind": payee.kind, "payee_organisation_id": payee.organisation_id,
                "source_ppm": line.source_ppm, "basis": line.basis, "cumulative_minor": line.cumulative_minor,
                "due_minor": line.due_minor,
                **_own_currency(run, line),
            }
        )  # fmt: skip
    session().execute(insert(DistributionLine), rows)


def _own_currency(run: DistributionRun, line: computing.Line) -> dict[str, Any]:
    if line.currency == run.currency:
        return {"own_currency": "", "cost_minor": None, "cost_due_minor": None}
    return {
        "own_currency": line.currency,
        "cost_minor": line.cost_minor,
        "cost_due_minor": line.cost_due_minor,
    }


def locked(actor: Actor, run_id: str, permission: str, version: int | None) -> DistributionRun:
    """A run for a change: known, allowed, held until the transaction ends. Raises also StaleVersion."""
    run = queries.run(actor, run_id)
    policy.require(actor, permission, run, see=Can.SEE)
    run = hold(DistributionRun, run.id)
    if version is not None and version != run.version:
        raise StaleVersion(run.version)
    return run


def discard(actor: Actor, run_id: str, *, version: int | None = None) -> DistributionRun:
    """Put a preview aside. Raises NotFound, Forbidden, StaleVersion, InvalidTransition."""
    run = locked(actor, run_id, Can.RUN, version)
    _end(actor, run)
    return run


def _end(actor: Actor, run: DistributionRun) -> None:
    before = run.state
    run.state = RUN.fire(before, "discard", run)
    session().flush()
    audit.record(
        actor, Tag.DISCARDED, run, before={"state": before}, after={"state": run.state}, organisation_id=run.organisation_id
    )  # fmt: skip

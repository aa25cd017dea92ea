"""The board and the table of deals: one query, filtered, summed and cut into columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, ValidationError
from sqlalchemy import case, or_, select

from dealflow.accounts import queries as accounts
from dealflow.core import clock, money, policy
from dealflow.core.actor import Actor
from dealflow.core.db import session
from dealflow.core.errors import Invalid, NotFound
from dealflow.core.i18n import N_, ngettext
from dealflow.core.money import Money
from dealflow.core.paging import cursor_for
from dealflow.core.schema import Ref, Text, field_errors
from dealflow.core.search import normalise
from dealflow.deals import queries
from dealflow.deals.models import Deal, DealFilter, DealPosition, Pipeline, PipelineStage
from dealflow.deals.policy import Can
from dealflow.deals.queries import DealQuery
from dealflow.deals.states import CLOSED, by_hand
from dealflow.pitches import queries as pitches

PER_COLUMN, MOST_PER_COLUMN = 30, 5000
SORTS = ("since", "-since", "amount", "-amount", "next", "title")


class BoardQuery(DealQuery):
    """What the board shows: the pipeline, filters, order, and how many cards a column begins with."""

    view: Literal["board", "table"] | None = None
    pipeline_id: Ref("pip") | None = None  # type: ignore[valid-type]
    assignee: Text(40) | None = None  # type: ignore[valid-type]
    mandate_id: Ref("mnd") | None = None  # type: ignore[valid-type]
    due: Literal["overdue", "week", "none"] | None = None
    stale: Literal["true"] | None = None
    per: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    done: Ref("bat") | None = None  # type: ignore[valid-type]
    sort: Text(60) | None = None  # type: ignore[valid-type]


# What a kept filter keeps; the rest is where one stands at the moment.
KEPT = (
    "view",
    "pipeline_id",
    "q",
    "stage",
    "open",
    "assignee",
    "mandate_id",
    "due",
    "stale",
    "sort",
    "project_id",
)


def kept(args: Mapping[str, str]) -> dict[str, str]:
    """What of a board's parameters a filter keeps. Invalid for what the board would not understand."""
    found = {name: args[name] for name in KEPT if args.get(name)}
    try:
        BoardQuery.model_validate(found, strict=False)
    except ValidationError as error:
        raise Invalid(errors=field_errors(error, "query.")) from None
    return found


class Card(NamedTuple):
    """What the board and the table show of one deal; a tuple, which a template with thousands of them takes apart at once."""

    id: str
    version: int
    title: str
    party: str
    amount: str
    age: str
    stale: bool
    who: str
    next: str
    on: date | None
    overdue: bool
    column: Column


@dataclass
class Column:
    """A stage with its cards, and the figures of all its deals, shown or not."""

    stage: PipelineStage
    label: str
    count: int = 0
    sums: list[Money] = field(default_factory=list)
    rows: list[Any] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    targets: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sums_text(self) -> str:
        """The sums in words, one currency after the other."""
        return " + ".join(money.short(each) for each in self.sums)


@dataclass
class Board:
    """A pipeline with its columns, or a page of the table over the same rows."""

    pipeline: Pipeline | None
    pipelines: list[Pipeline]
    columns: list[Column]
    rows: list[Card]
    total: int
    next_cursor: str
    members: list[Any]
    filters: list[DealFilter]


def board(actor: Actor, query: BoardQuery) -> Board:
    """The board for a query. Nine statements, however many deals there are."""
    if query.sort and query.sort not in SORTS:
        raise Invalid.field("sort", "not_a_choice", N_("Choose one of the orders"))
    pipelines = queries.pipelines(actor)
    chosen = _chosen(pipelines, query)
    members = accounts.members(actor) if actor.organisation_id else []
    filters = kept_filters(actor)
    if chosen is None:
        return Board(None, [], [], [], 0, "", members, filters)
    columns = _columns(actor, chosen)
    found = _matching(actor, _rows(actor, chosen, query, columns), query)
    _sort(found, query.sort or "-since")
    by_stage = {column.stage.id: column for column in columns}
    for row in found:
        by_stage[row.stage_id].rows.append(row)
    for column in columns:
        column.count, column.sums = len(column.rows), _sums(column.rows)
    made = Board(chosen, pipelines, columns, [], len(found), "", members, filters)
    _fill(actor, made, found, query)
    return made


def _chosen(pipelines: list[Pipeline], query: BoardQuery) -> Pipeline | None:
    if query.pipeline_id is None:
        return pipelines[0] if pipelines else None
    found = [row for row in pipelines if row.id == query.pipeline_id]
    if not found:
        raise NotFound()
    return found[0]


def _columns(actor: Actor, chosen: Pipeline) -> list[Column]:
    columns = [
        Column(stage, queries.stage_label(stage))
        for stage in sorted(queries.stages(actor, chosen.id), key=lambda s: s.place)
    ]
    for column in columns:
        column.targets = targets(actor, column.stage, [c.stage for c in columns])
    return columns


def targets(actor: Actor, stage: PipelineStage, live: Iterable[PipelineStage]) -> list[tuple[str, str]]:
    """(id, label) of the stages into which the actor's side may bring a deal from here."""
    invests = policy.can(actor, Can.OPEN)
    reached = {state for state in by_hand(stage.state) if invests or state == "closed_lost"}
    if not actor.may_write:
        return []
    return [
        (other.id, queries.stage_label(other))
        for other in live
        if other.id != stage.id and (other.state == stage.state or other.state in reached)
    ]


def _rows(actor: Actor, chosen: Pipeline, query: BoardQuery, columns: list[Column]) -> list[Any]:
    invests = Deal.investor_organisation_id == actor.organisation_id
    other = case((invests, Deal.project_organisation_id), else_=Deal.investor_organisation_id)
    wanted: Any = (
        select(
            DealPosition.deal_id, DealPosition.stage_id, DealPosition.since, DealPosition.version, DealPosition.assignee_id,
            DealPosition.amount_minor, DealPosition.amount_currency, DealPosition.next_step, DealPosition.next_step_on,
            Deal.project_id, other.label("other"),
        )
        .join(Deal, Deal.id == DealPosition.deal_id)
        .where(DealPosition.organisation_id == actor.organisation_id, DealPosition.pipeline_id == chosen.id)
    )  # fmt: skip
    rows = session().execute(_narrowed(actor, wanted, query)).all()
    if query.stale:
        limits = {c.stage.id: c.stage.stale_days for c in columns}
        rows = [r for r in rows if (limit := limits.get(r.stage_id)) and age(r.since) > limit]
    return list(rows)


def _narrowed(actor: Actor, wanted: Any, query: BoardQuery) -> Any:
    if query.stage:
        wanted = wanted.where(Deal.stage == query.stage)
    if query.open:
        wanted = wanted.where(Deal.stage.in_(CLOSED) if query.open == "false" else Deal.stage.not_in(CLOSED))
    if query.project_id:
        wanted = wanted.where(Deal.project_id == query.project_id)
    if query.mandate_id:
        own = Deal.investor_organisation_id == actor.organisation_id
        wanted = wanted.where(own, Deal.mandate_id == query.mandate_id)
    if query.assignee:
        who = {"me": actor.user_id, "none": None}.get(query.assignee, query.assignee)
        wanted = wanted.where(
            DealPosition.assignee_id.is_(None) if who is None else DealPosition.assignee_id == who
        )
    today = clock.today(actor.time_zone)
    if query.due == "none":
        wanted = wanted.where(DealPosition.next_step_on.is_(None))
    elif query.due:
        last = date.fromordinal(today.toordinal() + (6 if query.due == "week" else -1))
        wanted = wanted.where(DealPosition.next_step_on <= last)
    return wanted


def _matching(actor: Actor, rows: list[Any], query: BoardQuery) -> list[Any]:
    """The rows whose project or other party is named by the words searched for."""
    words = normalise(query.q).split() if query.q else []
    if not words:
        return rows
    names = _names(rows)
    return [
        row for row in rows if all(word in normalise(*names(row), row.next_step) for word in words)
    ]  # fmt: skip


def _names(rows: list[Any]) -> Callable[[Any], tuple[str, str]]:
    """What a row is called: its project and the other party. Two statements."""
    titles = pitches.titles(row.project_id for row in rows)
    parties = {key: card.name for key, card in accounts.organisation_cards(r.other for r in rows).items()}
    return lambda row: (titles.get(row.project_id, ""), parties.get(row.other, ""))


def _sort(rows: list[Any], sort: str) -> None:
    name, last = sort.lstrip("-"), date.max
    keys: dict[str, Callable[[Any], Any]] = {
        "since": lambda row: (row.since, row.deal_id),
        "amount": lambda row: (row.amount_minor or 0, row.deal_id),
        "next": lambda row: (row.next_step_on or last, row.deal_id),
        # By project, so that deals about one lie together; the names themselves are known later.
        "title": lambda row: (row.project_id, row.deal_id),
    }
    rows.sort(key=keys[name], reverse=sort.startswith("-"))


def _sums(rows: Iterable[Any]) -> list[Money]:
    totals: dict[str, int] = {}
    for row in rows:
        if row.amount_minor is not None:
            totals[row.amount_currency] = totals.get(row.amount_currency, 0) + row.amount_minor
    return [
        Money(minor, currency) for currency, minor in sorted(totals.items(), key=lambda e: (e[0] != "CNY", e[0]))
    ]  # fmt: skip


def age(since: Any) -> int:
    """Whole days that passed since a moment."""
    return int((clock.now() - since).days)


def _fill(actor: Actor, made: Board, found: list[Any], query: BoardQuery) -> None:
    """Make cards of the rows that are shown, and of no others."""
    per = min(query.per or PER_COLUMN, MOST_PER_COLUMN)
    if query.view == "table":
        shown = found[query.offset : query.offset + query.limit]
        end = query.offset + len(shown)
        made.next_cursor = cursor_for(end) if shown and end < len(found) else ""
    else:
        shown = [row for column in made.columns for row in column.rows[:per]]
    card = _carder(actor, made, shown)
    if query.view == "table":
        made.rows = [card(row) for row in shown]
    else:
        for column in made.columns:
            column.cards = [card(row) for row in column.rows[:per]]


def _carder(actor: Actor, made: Board, shown: list[Any]) -> Callable[[Any], Card]:
    names = _names(shown)
    people = {m.user_id: m.user.name for m in made.members}
    columns = {column.stage.id: column for column in made.columns}
    today, now = clock.today(actor.time_zone), clock.now()
    ages: dict[int, str] = {}

    def card(row: Any) -> Card:
        days = (now - row.since).days
        if days not in ages:
            ages[days] = ngettext("%(num)s day", "%(num)s days", days)
        title, party = names(row)
        column = columns[row.stage_id]
        limit = column.stage.stale_days
        on = row.next_step_on
        return Card(
            row.deal_id, row.version, title, party, amount(row), ages[days], limit is not None and days > limit,
            people.get(row.assignee_id, ""), row.next_step, on, on is not None and on < today, column,
        )  # fmt: skip

    return card


def amount(row: Any) -> str:
    """The amount of a row in short, or a dash."""
    return money.short(Money(row.amount_minor, row.amount_currency)) if row.amount_minor is not None else "–"


def kept_filters(actor: Actor) -> list[DealFilter]:
    """The filters one may use: one's own and those shared in the organisation, by name."""
    query = select(DealFilter).where(
        DealFilter.organisation_id == actor.organisation_id,
        or_(DealFilter.shared, DealFilter.user_id == actor.user_id),
    )
    return list(session().scalars(query.order_by(DealFilter.name, DealFilter.id)))


def as_dict(made: Board) -> dict[str, Any]:
    """The figures of the columns as the API gives them."""
    return {
        "pipeline_id": made.pipeline.id if made.pipeline else None,
        "total": made.total,
        "columns": [
            {
                "stage_id": column.stage.id, "name": column.label, "state": column.stage.state, "count": column.count,
                "sums": [each.json() for each in column.sums], "sums_text": column.sums_text,
            }
            for column in made.columns
        ],
    }  # fmt: skip

"""Bringing the rows of a statement in: what each would do, and writing them in blocks, each row once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from dealflow.core import clock, ids
from dealflow.core.actor import Actor
from dealflow.core.bulk import insert_new
from dealflow.core.db import session
from dealflow.core.errors import FieldError, Invalid
from dealflow.core.i18n import N_
from dealflow.core.money import Money
from dealflow.core.outbox import emit
from dealflow.core.tabular import Table, write_csv
from dealflow.releases import day_figures
from dealflow.releases.day_figures import FIELDS, Found, says_figures
from dealflow.releases.events import ReceiptRecorded
from dealflow.releases.models import AdSpend, Receipt, Statement
from dealflow.releases.presets import LABELS
from dealflow.releases.reading import Line, Plan, Reader, Refused

BLOCK = 5000
ACTIONS = ("create", "same", "other", "error")
_RAW = {"unscoped": "rows of the project whose statement this is"}


@dataclass
class Report:
    """What the rows of a statement do or did. `sums`: currency → minor units of what is new; rows that bring no
    money but plays or paying users are counted in `figures`."""

    counts: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    spent: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    figures: Found = field(default_factory=Found)

    @property
    def brings(self) -> bool:
        """Whether anything is new."""
        return bool(self.counts["create"] or self.figures.counts["create"])

    @property
    def wrong(self) -> set[int]:
        """The numbers of the rows that are refused."""
        return {row.number for row in self.refused}

    def kept(self) -> dict[str, Any]:
        """As it is kept beside the statement, readable in any language."""
        errors = [[row.number, [_plain(error) for error in row.errors]] for row in self.refused]
        return {
            "counts": {action: self.counts[action] for action in ACTIONS}, "sums": dict(self.sums), "spent": dict(self.spent),
            "errors": errors, "figures": self.figures.kept(),
        }  # fmt: skip

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Report:
        """The report that was kept."""
        refused = [
            Refused(number, tuple(FieldError(*e) for e in errors)) for number, errors in kept["errors"]
        ]
        return cls(
            Counter(kept["counts"]),
            Counter(kept["sums"]),
            Counter(kept["spent"]),
            refused,
            Found.of(kept.get("figures")),
        )


def _plain(error: FieldError) -> list[Any]:
    return [
        error.field,
        error.code,
        error.message,
        {name: str(value) for name, value in error.params.items()},
    ]


def check_mapping(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping column → field. Invalid names a column that is not there, an unknown field, one given twice, or what
    is missing."""
    errors = []
    for column, target in mapping.items():
        if column not in header:
            message = N_("The file has no column %(column)s")
            errors.append(FieldError("mapping", "unknown_column", message, {"column": column}))
        if target not in LABELS:
            errors.append(
                FieldError("mapping", "unknown_field", N_("There is no field %(field)s"), {"field": target})
            )
    targets = list(mapping.values())
    for target in sorted({t for t in targets if targets.count(t) > 1}):
        message = N_("Two columns are taken for the field %(field)s")
        errors.append(FieldError("mapping", "duplicate", message, {"field": target}))
    if not errors and "on" not in targets:
        errors.append(FieldError("mapping", "no_day", N_("Say which column holds the day or month")))
    if not errors and not {"amount", "ad_spend", *FIELDS} & set(targets):
        message = N_("Say which column holds the amount received, the ad spend or the plays")
        errors.append(FieldError("mapping", "no_amount", message))
    if errors:
        raise Invalid(errors=errors)
    return dict(mapping)


def read(table: Table, plan: Plan, names: frozenset[str]) -> list[Line | Refused]:
    """The rows of a table as lines."""
    return list(Reader(plan, table.header, names).read(table.numbers, table.rows))


def check(project_id: str, lines: Sequence[Line | Refused], plan: Plan) -> Report:
    """What each row would do; writes nothing. A constant number of statements for each block of rows."""
    report = Report()
    seen: dict[str, Line] = {}
    for start in range(0, len(lines), BLOCK):
        _judge(project_id, lines[start : start + BLOCK], plan, report, seen)
    report.figures = day_figures.check(project_id, lines, report.wrong, plan)
    return report


def write(actor: Actor, statement: Statement, lines: Sequence[Line | Refused], report: Report) -> None:
    """Write a block of rows in the open transaction and count what it did. The database's keys refuse what others
    write at the same moment; that is counted as it was found then."""
    plan = Plan.of(statement.plan)
    fresh = _judge(statement.project_id, lines, plan, report, {})
    last = None
    for model, new in ((Receipt, fresh.receipts), (AdSpend, fresh.spends)):
        if not new:
            continue
        # In one order everywhere, so that two imports that overlap wait for each other and never in a circle.
        rows = [_row(model, line) for line in sorted(new, key=lambda line: line.ref)]
        made = insert_new(
            session().connection(), model.__table__, rows, same=_shared(actor, statement, plan, model),  # type: ignore[arg-type]
            key=("project_id", "external_ref"),
        )  # fmt: skip
        if made < len(rows):
            _recount(statement, plan, model, new, report)
        if model is Receipt and made:
            last = ids.encode("rcp", rows[-1]["id"])
    if last is not None:
        emit(ReceiptRecorded(last, statement.project_id))


def _row(model: Any, line: Line) -> dict[str, Any]:
    values = {
        "id": ids.raw(), "day": line.on, "amount_minor": line.amount if model is Receipt else line.ad_spend,
        "amount_currency": line.currency, "platform": line.platform, "external_ref": line.ref,
    }  # fmt: skip
    return values | {"territory": line.territory} if model is Receipt else values


def _shared(actor: Actor, statement: Statement, plan: Plan, model: Any) -> dict[str, Any]:
    """What all rows of a statement have in common."""
    values = {
        "project_id": statement.project_id, "organisation_id": statement.organisation_id, "source": statement.filename[:120],
        "evidence_class": plan.evidence_class, "document_id": statement.file_id, "statement_id": statement.id,
        "user_id": actor.user_id, "user_name": actor.user_name, "created_at": clock.now(),
    }  # fmt: skip
    return values | {"number": 0, "reason": ""} if model is Receipt else values


@dataclass(frozen=True, slots=True)
class _Known:
    """What is recorded under a reference."""

    on: Any
    amount: int
    currency: str
    platform: str
    evidence_class: str
    statement_id: str | None


def _recorded(project_id: str, refs: list[str]) -> tuple[dict[str, _Known], dict[str, _Known]]:
    """What a project's receipts and ad spend have under some references."""
    found = []
    for model in (Receipt, AdSpend):
        query = select(
            model.external_ref, model.on, model.amount_minor, model.amount_currency, model.platform, model.evidence_class,
            model.statement_id,
        ).where(model.project_id == project_id, model.external_ref.in_(refs))  # fmt: skip
        rows = session().execute(query, execution_options=_RAW)
        found.append(
            {row.external_ref: _Known(row[1], row[2], row[3], row[4], row[5], row[6]) for row in rows}
        )
    return found[0], found[1]


@dataclass
class _Fresh:
    """The rows of a block that bring a receipt, and those that bring ad spend."""

    receipts: list[Line] = field(default_factory=list)
    spends: list[Line] = field(default_factory=list)


def _judge(
    project_id: str, lines: Sequence[Line | Refused], plan: Plan, report: Report, seen: dict[str, Line]
) -> _Fresh:
    """Count what the rows of a block do, and return what is new."""
    mine = [line for line in lines if isinstance(line, Line) and line.mine]
    receipts, spends = _recorded(project_id, [line.ref for line in mine])
    fresh = _Fresh()
    for line in lines:
        if isinstance(line, Refused):
            report.refused.append(line)
            report.counts["error"] += 1
            continue
        if not line.mine or not (line.amount or line.ad_spend):
            report.counts["other"] += not (line.mine and says_figures(line))
            continue
        twin = seen.get(line.ref)
        action, error = _against(line, plan, receipts.get(line.ref), spends.get(line.ref), twin)
        seen.setdefault(line.ref, line)
        report.counts[action] += 1
        if error is not None:
            report.refused.append(Refused(line.number, (error,)))
        if action == "create" and line.amount and line.ref not in receipts:
            report.sums[line.currency] += line.amount
            fresh.receipts.append(line)
        if action == "create" and line.ad_spend and line.ref not in spends:
            report.spent[line.currency] += line.ad_spend
            fresh.spends.append(line)
    return fresh


def _against(
    line: Line, plan: Plan, receipt: _Known | None, spend: _Known | None, twin: Line | None
) -> tuple[str, FieldError | None]:
    """Whether a row is new, says what is recorded, or contradicts it."""
    if twin is not None and (twin.on, twin.amount, twin.ad_spend) != (line.on, line.amount, line.ad_spend):
        message = N_("Row %(row)s has the same reference with other content")
        return "error", FieldError("external_ref", "duplicate", message, {"row": twin.number})
    if twin is not None:
        return "same", None
    for known, amount in ((receipt, line.amount), (spend, line.ad_spend)):
        if known is not None and amount:
            given = (line.on, amount, line.currency, line.platform, plan.evidence_class)
            there = (known.on, known.amount, known.currency, known.platform, known.evidence_class)
            if given != there:
                return "error", _differs(line, given, there)
    missing = (line.amount and receipt is None) or (line.ad_spend and spend is None)
    return ("create" if missing else "same"), None


def _differs(line: Line, given: tuple[Any, ...], there: tuple[Any, ...]) -> FieldError:
    message = N_("%(ref)s is recorded already as %(recorded)s; correct that entry instead")
    day, amount, currency, *rest = there
    what = " ".join(
        [str(day), f"{Money(amount, currency).major:f} {currency}", *(text for text in rest if text)]
    )
    return FieldError("external_ref", "differs", message, {"ref": line.ref, "recorded": what})


def _recount(statement: Statement, plan: Plan, model: Any, lines: list[Line], report: Report) -> None:
    """Somebody wrote some of these references at the same moment: say of each what it is now."""
    receipts, spends = _recorded(statement.project_id, [line.ref for line in lines])
    known, sums = (receipts, report.sums) if model is Receipt else (spends, report.spent)
    for line in lines:
        if known[line.ref].statement_id == statement.id:
            continue
        action, error = _against(line, plan, receipts.get(line.ref), spends.get(line.ref), None)
        report.counts["create"] -= 1
        report.counts[action] += 1
        sums[line.currency] -= line.amount if model is Receipt else line.ad_spend
        if error is not None:
            report.refused.append(Refused(line.number, (error,)))


def tell(row: Refused) -> str:
    """A row's errors as one text in the current language."""
    return "; ".join(f"{error.field}: {error.text()}" for error in row.errors)


def error_file(table: Table, refused: Iterable[Refused]) -> bytes:
    """The refused rows as CSV with the reasons in two more columns; corrected, it can be imported again."""
    cells = dict(zip(table.numbers, table.rows, strict=True))
    rows = ([*cells[row.number], row.number, tell(row)] for row in refused)
    return write_csv([*table.header, "row", "errors"], rows)


def lines_of(report: Report) -> Iterator[str]:
    """The report as lines of text: a line per refused row, then the sums."""
    for row in report.refused:
        yield f"row {row.number}: {tell(row)}"
    yield ", ".join(f"{action}: {report.counts[action]}" for action in ACTIONS)
    for name, sums in (("receipts", report.sums), ("ad spend", report.spent)):
        yield from (
            f"{name}: {Money(minor, currency).major:f} {currency}"
            for currency, minor in sums.items()
            if minor
        )
    if any(report.figures.counts.values()):
        counts = report.figures.counts
        yield "days of figures: " + ", ".join(
            f"{name}: {counts[name]}" for name in ("create", "same", "unplaced")
        )

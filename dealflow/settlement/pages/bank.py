"""Pages of bank statements: importing one, and matching what came in to calls."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core import money, policy
from dealflow.core.errors import Conflict, Invalid, InvalidTransition, TooLarge
from dealflow.core.forms import Form
from dealflow.core.http import SentTable, actor, needs, prepared, prepares, read_query, sent_table
from dealflow.core.i18n import gettext as _
from dealflow.core.paging import Query, listing
from dealflow.settlement import bank_queries, lines, presets, service
from dealflow.settlement.bank_queries import LineQuery
from dealflow.settlement.forms import BankStatementForm, ConfirmForm, SplitForm, parts_of
from dealflow.settlement.pages.base import WORDS, arguments, bp
from dealflow.settlement.policy import Can
from dealflow.settlement.shapes import BankStatementIn, ConfirmLineIn
from dealflow.settlement.suggesting import REASONS

_LAST = 8


@bp.get("/bank")
@needs(Can.SEE_BANK)
def bank() -> str:
    """What came in, with the calls it may pay, and the statements that were imported."""
    return _page(read_query(LineQuery, arguments()))


def _page(
    query: LineQuery, form: BankStatementForm | None = None, header: list[str] | None = None,
    refused: ConfirmForm | SplitForm | None = None, refused_id: str = "",
) -> str:  # fmt: skip
    policy.require(actor(), Can.SEE_BANK)
    rows, total = bank_queries.lines(actor(), query)
    statements, _number = bank_queries.statements(actor(), Query(limit=_LAST))
    funds = service.accounts(actor())
    form = form or BankStatementForm(data={"fund_id": query.fund_id})
    form.fund_id.choices = [SelectChoice(fund.id, fund.name) for fund in funds]
    return render_template(
        "settlement/bank.html", rows=rows, found=listing(rows, total, query), query=query, matches=lines.matches(actor(), rows),
        reasons=REASONS, statements=statements, form=form, header=header, fields=presets.FIELDS, funds={f.id: f.name for f in funds},
        accounts=bank_queries.accounts(rows), bank_names={p.key: p.name for p in presets.PRESETS}, chosen=_mapping(),
        may_import=policy.can(actor(), Can.IMPORT), refused=refused, typed=_typed(refused, refused_id), amount_text=_amount, money_of=money.Money,
        **WORDS,
    )  # fmt: skip


def _amount(minor: int, currency: str) -> str:
    """An amount as it is typed into a box."""
    return money.plain(money.Money(minor, currency))


def _typed(refused: Form | None, line_id: str) -> dict[str, SplitForm]:
    """The refused split of a line, by the line's id."""
    return {line_id: refused} if isinstance(refused, SplitForm) else {}


def _mapping() -> dict[str, str]:
    """Own columns as the form names them: `column-<field>`."""
    return {
        field: value for field in presets.FIELDS if (value := request.form.get(f"column-{field}", "").strip())
    }


@bp.post("/bank")
@needs(Can.IMPORT)
@prepares(
    sent_table(
        lambda: policy.require(actor(), Can.IMPORT), row_limit=service.BANK_ROWS, is_header=presets.is_header
    )
)
def bring_in() -> Any:
    """Import a statement; when no bank's columns are recognised, ask which column is which."""
    policy.require(actor(), Can.IMPORT)
    form = BankStatementForm(request.form)
    values = form.load(BankStatementIn)
    header: list[str] | None = None
    sent: SentTable | None = None
    if values is None:
        return _page(LineQuery(), form), 422
    try:
        sent = given = prepared()
        done = service.bring_in(
            actor(), given.content, given.name, preset=values.preset, mapping=_mapping() or None, currency=values.currency,
            fund_id=values.fund_id, table=given.table,
        )  # fmt: skip
    except Invalid as refusal:
        if sent is not None and any(
            error.code in ("unknown_columns", "does_not_fit") or error.field == "mapping"
            for error in refusal.errors
        ):
            header = [name for name in sent.table.header if name]
        form.show(refusal.errors)
        return _page(LineQuery(), form, header), 422
    except TooLarge as refusal:
        form.file.errors = [refusal.text()]
        return _page(LineQuery(), form), 413
    if done.again:
        flash(_("This very file was imported before; nothing was changed."), "info")
    else:
        flash(
            _(
                "%(fresh)s new lines; %(known)s were known, %(out)s are no money coming in.",
                fresh=done.statement.fresh, known=done.statement.known, out=done.statement.outgoing,
            ),
            "success",
        )  # fmt: skip
    return redirect(url_for("settlement.bank", state="new", fund_id=done.statement.fund_id), 303)


def _back(line_id: str) -> Any:
    """To the lines that wait, of the same fund's account."""
    fund_id = bank_queries.account_of_line(actor(), line_id)
    return redirect(url_for("settlement.bank", state="new", fund_id=fund_id), 303)


def _refused(line_id: str, form: ConfirmForm | SplitForm) -> str:
    """The lines that wait on the same account, with why one of them was not matched."""
    fund_id = bank_queries.account_of_line(actor(), line_id)
    return _page(LineQuery(state="new", fund_id=fund_id), refused=form, refused_id=line_id)


@bp.post("/bank/lines/<line_id>/confirm")
@needs(Can.IMPORT)
def confirm(line_id: str) -> Any:
    """Say which call a line pays."""
    form = ConfirmForm(request.form)
    values = form.load(ConfirmLineIn)
    if values is None:
        return _refused(line_id, form), 422
    try:
        made = service.confirm(actor(), line_id, values.call_id, rate=values.rate)
    except (Invalid, Conflict, InvalidTransition) as refusal:
        status = form.refuse(refusal)
        return _refused(line_id, form), status
    flash(_("The payment is recorded."), "success")
    return redirect(made.link, 303)


@bp.post("/bank/lines/<line_id>/split")
@needs(Can.IMPORT)
def split(line_id: str) -> Any:
    """Say which calls a line pays, and how much of it each."""
    form = SplitForm.of(request.form, bank_queries.line(actor(), line_id).currency)
    values = form.judged()
    if values is None:
        return _refused(line_id, form), 422
    try:
        made = service.split(actor(), line_id, parts_of(values), rate=values.rate)
    except (Invalid, Conflict, InvalidTransition) as refusal:
        status = form.refuse(refusal)
        return _refused(line_id, form), status
    flash(_("The line pays %(number)s calls; all payments are recorded.", number=len(made)), "success")
    return _back(line_id)


@bp.post("/bank/lines/<line_id>/ignore")
@needs(Can.IMPORT)
def ignore(line_id: str) -> Any:
    """Set a line aside."""
    service.ignore(actor(), line_id, reason=request.form.get("reason", ""))
    flash(_("The line is set aside."), "success")
    return _back(line_id)


@bp.post("/bank/lines/<line_id>/restore")
@needs(Can.IMPORT)
def restore(line_id: str) -> Any:
    """Take a line back that was set aside."""
    service.restore(actor(), line_id)
    flash(_("The line waits for a call again."), "success")
    return _back(line_id)

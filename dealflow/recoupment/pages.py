"""Pages: the project's ledger, a run, what it covered, a statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from dealflow.core import clock, i18n
from dealflow.core.errors import Conflict, Invalid, InvalidTransition
from dealflow.core.http import actor, needs, read_query
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money, short, show
from dealflow.core.paging import Query
from dealflow.ledger import labels as ledger_labels
from dealflow.recoupment import labels, present, queries, service
from dealflow.recoupment.forms import AnswerForm, CloseForm, DisputeForm, PayoutForm, ReturnForm, RunForm
from dealflow.recoupment.policy import Can
from dealflow.recoupment.shapes import (
    DisputeAnswerIn,
    DisputeCloseIn,
    DisputeIn,
    PayoutIn,
    PayoutReturnIn,
    RunIn,
    StatementFileQuery,
)
from dealflow.releases import platforms

bp = Blueprint("recoupment", __name__)


def _money(value: dict[str, Any]) -> Money:
    return Money(**value)


def _render(name: str, **values: Any) -> str:
    return render_template(
        f"recoupment/{name}.html", amount_of=_money, percent_of=labels.percent, kind_of=labels.run_kind,
        state_of=labels.run_state, dispute_of=labels.dispute_state, evidence_of=labels.evidence,
        platform_of=platforms.platform_name, payee_of=cache(labels.payee), **values,
    )  # fmt: skip


def _arguments() -> Any:
    args = request.args.copy()
    args.pop("lang", None)
    return args


def _query() -> Query:
    found: Query = read_query(Query, _arguments()) if request.method == "GET" else Query()
    return found


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isdecimal() else None


def _tried(act: Callable[[], Any], done: str) -> None:
    """Do something and say so, or say why the state does not allow it."""
    try:
        act()
    except (Conflict, InvalidTransition) as refusal:
        flash(refusal.text(), "danger")
        return
    flash(done, "success")


def _bars(payees: Iterable[dict[str, Any]], key: str, cost: str) -> list[dict[str, Any]]:
    """Who gets what, as parts of a bar: what each gets, drawn by what that takes of the run's money. Amounts of zero are
    left out, a bar has no negative part."""
    return [
        {
            "label": labels.payee(p["name"], p["organisation_id"]), "value": p[cost]["amount_minor"], "display": short(_money(p[key])), "kind": p["kind"],
        }
        for p in payees
        if p[cost]["amount_minor"] > 0
    ]  # fmt: skip


def _ledger_page(project_id: str, form: RunForm | None = None) -> str:
    desk = queries.desk(actor(), project_id)
    query = _query()
    found = present.project_ledger(actor(), desk, query)
    return _render(
        "ledger", desk=desk, found=found, query=query, form=form or RunForm(through=_month_end()),
        bars=_bars(found["payees"], "cumulative", "cost"), entry_of=ledger_labels.entry_kind, account_of=_account,
    )  # fmt: skip


def _account(found: dict[str, Any]) -> str:
    name = found["label"]
    label = i18n.gettext(name)
    return f"{label} · {labels.payee(found['party'])}" if found["party"] else label


def _month_end() -> date:
    """The last day of the month before this one."""
    return date.fromordinal(clock.today().replace(day=1).toordinal() - 1)


@bp.get("/projects/<project_id>/ledger")
@needs(Can.SEE_PART)
def ledger(project_id: str) -> str:
    """The money of a project."""
    return _ledger_page(project_id)


@bp.post("/projects/<project_id>/distributions/run")
@needs(Can.RUN)
def make(project_id: str) -> Any:
    """Make a preview."""
    form = RunForm(request.form)
    values = form.load(RunIn)
    if values is None:
        queries.own_desk(actor(), project_id)
        return _ledger_page(project_id, form), 422
    try:
        run = service.make(actor(), project_id, through=values.through)
    except Invalid as refusal:
        form.show(refusal.errors)
        return _ledger_page(project_id, form), 422
    except Conflict as refusal:
        flash(refusal.text(), "danger")
        return _ledger_page(project_id, form), 409
    return redirect(url_for("recoupment.run", run_id=run.id), 303)


def _run_page(run_id: str, form: PayoutForm | None = None) -> str:
    run = queries.run(actor(), run_id)
    found = present.whole_run(run)
    desk = queries.desk(actor(), run.project_id)
    owed = [
        (
            PayoutForm.choice(p["payee"], p["open"]["currency"]),
            f"{labels.payee(p['name'], p['organisation_id'])} · {show(_money(p['open']))}",
        )
        for p in found["payees"]
        if p["open"]["amount_minor"] > 0
    ]
    form = form or PayoutForm(on=clock.today())
    form.payee.choices = owed
    tiers, issued = _by_tier(found["lines"]), queries.statements(run.id)
    # The latest of each statement: those before it have ended.
    disputes = {row.statement_id: row for row in reversed(queries.disputes([s.id for s in issued]))}
    return _render(
        "run", run=run, found=found, desk=desk, tiers=tiers, places={tier["key"]: tier["place"] for tier in tiers}, bars=_bars(found["payees"], "due", "cost_due"),
        is_mixed=len({p["due"]["currency"] for p in found["payees"]}) > 1, form=form, statements=issued, disputes=disputes, owed=owed,
        is_mine=run.made_by_id == actor().user_id, payouts=[p for p in present.payouts(run.project_id) if p["run_id"] == run.id], back_form=ReturnForm(),
    )  # fmt: skip


def _by_tier(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tiers in order of rank, each with its sums."""
    found: dict[str, dict[str, Any]] = {}
    for line in lines:
        key = line["term_sheet_id"] + line["tier"]
        tier = found.setdefault(
            key,
            {"key": key, "place": len(found) + 1, "label": line["label"]} | _sums(line),
        )
        for name in _SUMMED:
            tier[name]["amount_minor"] += line[name]["amount_minor"]
    return list(found.values())


_SUMMED = ("cumulative", "due", "cost")


def _sums(line: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: line[name] | {"amount_minor": 0} for name in _SUMMED}


@bp.get("/distribution-runs/<run_id>")
@needs(Can.SEE)
def run(run_id: str) -> str:
    """A run: who gets what from which tier."""
    return _run_page(run_id)


@bp.get("/distribution-runs/<run_id>/receipts")
@needs(Can.SEE)
def receipts(run_id: str) -> str:
    """What a posted run covered for the first time."""
    found = queries.run(actor(), run_id)
    desk, query = queries.desk(actor(), found.project_id), _query()
    page = present.inputs_page(found, query)
    return _render(
        "receipts",
        run=found,
        desk=desk,
        query=query,
        found=page,
        entries=queries.receipt_entries(found, page["items"]),
    )


def _after(run_id: str) -> Response:
    return redirect(url_for("recoupment.run", run_id=run_id), 303)  # type: ignore[return-value]


@bp.post("/distribution-runs/<run_id>/approve")
@needs(Can.APPROVE)
def approve(run_id: str) -> Any:
    """Post a preview."""
    _tried(
        lambda: service.approve(actor(), run_id, version=_version()),
        _("The run is posted; statements are on their way."),
    )
    return _after(run_id)


@bp.post("/distribution-runs/<run_id>/discard")
@needs(Can.RUN)
def discard(run_id: str) -> Any:
    """Put a preview aside."""
    _tried(lambda: service.discard(actor(), run_id, version=_version()), _("The preview is discarded."))
    return _after(run_id)


@bp.post("/distribution-runs/<run_id>/payouts")
@needs(Can.PAY)
def pay(run_id: str) -> Any:
    """Mark what was paid."""
    form = PayoutForm(request.form)
    queries.run(actor(), run_id)
    values = form.load(PayoutIn)
    if values is None:
        return _run_page(run_id, form), 422
    try:
        _tried(
            lambda: service.mark_paid(
                actor(),
                run_id,
                payee=values.payee,
                on=values.on,
                bank_reference=values.bank_reference,
                currency=values.currency,
            ),
            _("The transfer is recorded."),
        )
    except Invalid as refusal:
        form.show(refusal.errors)
        return _run_page(run_id, form), 422
    return _after(run_id)


@bp.post("/distribution-payouts/<payout_id>/take-back")
@needs(Can.PAY)
def take_back(payout_id: str) -> Any:
    """Take a transfer back."""
    row = queries.payout(actor(), payout_id)
    values = ReturnForm(request.form).load(PayoutReturnIn)
    if values is None:
        flash(_("Say why the transfer is taken back."), "danger")
    else:
        reason = values.reason
        _tried(
            lambda: service.take_back(actor(), payout_id, reason=reason),
            _("The transfer is taken back; its amount is owed again."),
        )
    return _after(row.run_id)


def _statement_page(payee_statement_id: str, form: DisputeForm | None = None) -> str:
    row = queries.statement(actor(), payee_statement_id)
    query = _query()
    return _render(
        "statement", row=row, found=present.statement(row), content=row.content, query=query, form=form or DisputeForm(),
        receipts=present.statement_inputs(row, query), answer_form=AnswerForm(), close_form=CloseForm(),
        today=clock.today(), payouts=present.payouts(row.project_id, row.payee),
    )  # fmt: skip


@bp.get("/distribution-statements/<payee_statement_id>")
@needs(Can.SEE_STATEMENT)
def statement(payee_statement_id: str) -> str:
    """A statement as it was issued, with the receipts behind it."""
    return _statement_page(payee_statement_id)


@bp.get("/distribution-statements/<payee_statement_id>/file")
@needs(Can.SEE_STATEMENT)
def statement_file(payee_statement_id: str) -> Response:
    """A statement as a file."""
    return present.served(actor(), payee_statement_id, read_query(StatementFileQuery, _arguments()).form)


@bp.post("/distribution-statements/<payee_statement_id>/disputes")
@needs(Can.DISPUTE)
def dispute(payee_statement_id: str) -> Any:
    """Object to a statement."""
    form = DisputeForm(request.form)
    values = form.load(DisputeIn)
    if values is None:
        return _statement_page(payee_statement_id, form), 422
    reason = values.reason
    _tried(
        lambda: service.dispute(actor(), payee_statement_id, reason=reason),
        _("Your dispute is with the issuer."),
    )
    return redirect(url_for("recoupment.statement", payee_statement_id=payee_statement_id), 303)


@bp.post("/distribution-disputes/<dispute_id>/answer")
@needs(Can.ANSWER)
def answer(dispute_id: str) -> Any:
    """Answer a dispute."""
    row = queries.dispute(actor(), dispute_id)
    values = AnswerForm(request.form).load(DisputeAnswerIn)
    if values is None:
        flash(_("Write an answer before you send it."), "danger")
    else:
        text = values.text
        _tried(
            lambda: service.answer(actor(), dispute_id, text=text, version=_version()),
            _("The answer is sent."),
        )
    return redirect(url_for("recoupment.statement", payee_statement_id=row.statement_id), 303)


@bp.post("/distribution-disputes/<dispute_id>/close")
@needs(Can.ANSWER)
def close(dispute_id: str) -> Any:
    """End a dispute."""
    row = queries.dispute(actor(), dispute_id)
    form = CloseForm(request.form)
    upheld = request.form.get("upheld") == "1"
    values = form.load(DisputeCloseIn, form.plain() | {"upheld": upheld})
    if values is None:
        flash(_("Say how the dispute ends."), "danger")
    else:
        outcome = values.outcome
        _tried(
            lambda: service.close(actor(), dispute_id, upheld=upheld, outcome=outcome, version=_version()),
            _("The dispute is closed."),
        )
    return redirect(url_for("recoupment.statement", payee_statement_id=row.statement_id), 303)


@bp.post("/distribution-disputes/<dispute_id>/withdraw")
@needs(Can.DISPUTE)
def withdraw(dispute_id: str) -> Any:
    """Take a dispute back."""
    row = queries.dispute(actor(), dispute_id)
    _tried(lambda: service.withdraw(actor(), dispute_id, version=_version()), _("The dispute is taken back."))
    return redirect(url_for("recoupment.statement", payee_statement_id=row.statement_id), 303)

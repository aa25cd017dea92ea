"""Partners of a fund: the list, closings, transfers, one partner's own page, and joining by invitation."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request

from dealflow.accounts import directory
from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.errors import FieldError
from dealflow.core.http import actor, download, needs
from dealflow.core.i18n import gettext as _
from dealflow.core.money import Money, MoneyError, parse
from dealflow.funds import documents, present, queries, service
from dealflow.funds.forms import (
    AccountForm,
    ClosingForm,
    FundsForm,
    InviteForm,
    LpForm,
    NameForm,
    ReasonForm,
    RefundForm,
    ReviseForm,
    TransferForm,
    pairs,
)
from dealflow.funds.models import Fund, FundClosing
from dealflow.funds.pages.base import attempt, bp, go, render, writable
from dealflow.funds.performance import performances
from dealflow.funds.policy import Can
from dealflow.funds.shapes import FundAccountIn, FundInviteIn, FundLpIn, FundNameIn, FundTransferIn

Wanted = list[tuple[str, Money]]


def partners_page(fund: Fund, **more: Any) -> str:
    """All partners, with the forms; `more` holds the form that was sent."""
    standing = queries.positions(fund)
    rows = [position.lp for position in standing.values() if position.lp]
    add = more.pop("add", None) or LpForm()
    taken = {row.lp_organisation_id for row in rows} | {fund.organisation_id}
    cards = directory.organisations_of_kinds(("investor", "fund"))
    add.organisation_id.choices = pairs(
        [("", _("None")), *((card.id, card.name) for card in cards if card.id not in taken)]
    )
    today = clock.today()
    closing = more.pop("closing", None) or ClosingForm(
        data={"on": today, "equalisation_rate_ppm": fund.equalisation_rate_ppm}
    )
    move = more.pop("move", None) or TransferForm.of(None, rows, on=today)
    names = {row.id: row.name for row in rows}
    held = queries.closings(fund.id)
    noticed = [row.paper(lp_id) for row in held for lp_id in row.notices]
    anew = _anew(fund, held, more.pop("revise", None), more.pop("revised_id", ""))
    return render(
        "lps", fund, "lps", standing=standing, total=queries.fund_position(fund, standing.values()), add=add, closing=closing,
        move=move, names=names, closings=present.closing_rows(fund),
        anew=anew, later=queries.by_paper(noticed),
        transfers=queries.transfers(fund.id), typed=request.form, **more,
    )  # fmt: skip


def _anew(
    fund: Fund, held: list[FundClosing], sent: ReviseForm | None, sent_id: str
) -> list[tuple[FundClosing, list[str], ReviseForm]]:
    """Closings whose notices would say something else now, the latest first: with the names of the partners, and a form
    each, which is `sent` for the closing it was sent for."""
    found = []
    for row in reversed(held):
        names = [item.lp.name for item in service.changed_closings(fund, row)]
        form = sent if sent is not None and row.id == sent_id else ReviseForm()
        form.reason.id = f"reason-{row.number}"
        if names or form is sent:
            found.append((row, names, form))
    return found


@bp.get("/funds/<fund_id>/lps")
@needs(Can.MANAGE)
def lps(fund_id: str) -> str:
    """All partners of a fund."""
    return partners_page(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/lps")
@needs(Can.EDIT)
def add_lp(fund_id: str) -> Any:
    """Add a partner."""
    fund, form = writable(fund_id, Can.EDIT), LpForm(request.form)
    values = form.judged(FundLpIn)
    if values is None:
        return partners_page(fund, add=form), 422
    made, status = attempt(
        form,
        lambda: service.add(
            actor(),
            fund_id,
            name=values.name,
            email=values.email or "",
            organisation_id=values.organisation_id,
        ),
    )
    if made is None:
        return partners_page(fund, add=form), status
    return go(
        _("%(name)s is a partner now. Its commitment begins with a closing.", name=made.name),
        "lps",
        fund_id=fund_id,
    )


def _wanted(form: ClosingForm, fund: Fund) -> Wanted:
    """The commitments typed beside the partners; what cannot be read stands in the form."""
    found = []
    for name, text in request.form.items():
        lp_id = name.removeprefix("commit-")
        if lp_id == name or not text.strip():
            continue
        try:
            found.append((lp_id, parse(text, fund.currency)))
        except MoneyError as error:
            form.show([FieldError(_("Commitment"), error.code, error.message)])
    return found


@bp.post("/funds/<fund_id>/closings")
@needs(Can.EDIT)
def close(fund_id: str) -> Any:
    """Show what a closing would move, or hold it."""
    fund, form = writable(fund_id, Can.EDIT), ClosingForm(request.form)
    valid = form.validate()
    wanted = _wanted(form, fund)
    on, rate = form.on.data, form.equalisation_rate_ppm.data or 0
    if not valid or form.form_errors or on is None:
        if on is None and not form.on.errors:
            form.on.errors = [*form.on.errors, _("This is required")]
        return partners_page(fund, closing=form), 422
    if request.form.get("act") == "preview":
        names = queries.names(fund_id)
        known = {lp_id: amount.amount_minor for lp_id, amount in wanted if lp_id in names}
        return partners_page(
            fund,
            closing=form,
            preview=service.equalisation(fund, on, rate, known).summed(),
            wanted=dict(wanted),
        )
    done, status = attempt(
        form,
        lambda: service.hold_closing(actor(), fund_id, on=on, commitments=wanted, rate_ppm=rate),
    )
    if done is None:
        return partners_page(fund, closing=form), status
    return go(_("The closing is held."), "lps", fund_id=fund_id)


@bp.get("/funds/<fund_id>/closings/<closing_id>/notices/<lp_id>.pdf")
@costly
@needs(Can.SEE_LP)
def closing_notice(fund_id: str, closing_id: str, lp_id: str) -> Response:
    """The notice of a closing to a partner."""
    return download(
        **documents.closing_file(actor(), fund_id, closing_id, lp_id, request.args.get("number", type=int))
    )


@bp.post("/funds/<fund_id>/transfers")
@needs(Can.EDIT)
def transfer(fund_id: str) -> Any:
    """Move a commitment to another partner."""
    fund = writable(fund_id, Can.EDIT)
    form = TransferForm.of(request.form, queries.lps(fund_id))
    values = form.judged(FundTransferIn)
    if values is None:
        return partners_page(fund, move=form), 422
    done, status = attempt(
        form,
        lambda: service.transfer(
            actor(), fund_id, from_lp_id=values.from_lp_id, to_lp_id=values.to_lp_id, amount=values.amount.money(),
            on=values.on or clock.today(),
        ),
    )  # fmt: skip
    if done is None:
        return partners_page(fund, move=form), status
    return go(_("The commitment is transferred."), "lps", fund_id=fund_id)


def lp_page(
    fund_id: str, lp_id: str, form: FundsForm | None = None, account: FundsForm | None = None, refund: FundsForm | None = None,
    undo: FundsForm | None = None, undone_id: str = "", renaming: FundsForm | None = None,
) -> str:  # fmt: skip
    """One partner; `refund` and `undo`: refused wishes to pay overpaid money back, and to take an entry back."""
    fund, row = queries.get(actor(), fund_id), queries.lp(actor(), fund_id, lp_id)
    manages = policy.can(actor(), Can.MANAGE, fund)
    calls = [call for call in queries.calls(fund_id) if call.state != "draft"]
    lines = {
        call_id: line
        for call_id, found in queries.call_lines(calls).items()
        for line in found
        if line.lp_id == lp_id
    }
    today = clock.today()
    refunds = [row for row in queries.payment_rows(fund_id, lp_id) if row.call_line_id is None]
    accounts = queries.capital_accounts(fund, today.replace(month=1, day=1), today)
    brought = performances(fund, today)[lp_id].json()
    shares = _shares(fund, lp_id)
    closings = [row for row in queries.closings(fund_id) if lp_id in row.notices]
    papers = [
        *(line.id for line in lines.values()),
        *(line.id for _row, line, _told in shares),
        *(row.paper(lp_id) for row in closings),
    ]
    return render(
        "lp", fund, "lps", later=queries.by_paper(papers), lp=row, manages=manages, position=queries.positions(fund)[lp_id], account=accounts[lp_id], today=today, brought=brought,
        calls=[(call, lines[call.id], present.call_line(fund, call, lines[call.id], {})) for call in calls if call.id in lines],
        shares=shares, commitments=[c for c in queries.commitments(fund_id) if c.lp_id == lp_id],
        closings=closings,
        flows=queries.cashflows(fund_id, lp_id), statements=queries.statements(fund_id, lp_id),
        overpaid=queries.overpaid(fund).get(lp_id), refunds=refunds, standing={row.id for row in queries.standing(refunds)},
        refund=refund or RefundForm(data={"on": today}), undo=undo or ReasonForm(), undone_id=undone_id,
        form=form or InviteForm(data={"email": row.email}), renaming=renaming or NameForm(data={"name": row.name}),
        pay_to=account or AccountForm(data={"payment_details": row.payment_details}),
    )  # fmt: skip


def _shares(fund: Fund, lp_id: str) -> list[tuple[Any, Any, bool]]:
    """Posted distributions with the partner's line, and whether there is a notice."""
    rows = {row.id: row for row in queries.distributions(fund.id)}
    told = queries.distribution_notices(fund.id, lp_id)
    return [
        (rows[line.distribution_id], line, (line.distribution_id, lp_id) in told)
        for line in reversed(queries.distribution_lines(fund.id, lp_id))
        if line.distribution_id in rows
    ]


@bp.get("/funds/<fund_id>/lps/<lp_id>")
@needs(Can.SEE_LP)
def lp(fund_id: str, lp_id: str) -> str:
    """One partner: its commitment, calls with notices, distributions and statements."""
    return lp_page(fund_id, lp_id)


@bp.post("/funds/<fund_id>/lps/<lp_id>/name")
@needs(Can.EDIT)
def rename(fund_id: str, lp_id: str) -> Any:
    """Correct a partner's name."""
    writable(fund_id, Can.EDIT)
    form = NameForm(request.form)
    values = form.judged(FundNameIn)
    if values is None:
        return lp_page(fund_id, lp_id, renaming=form), 422
    done, status = attempt(form, lambda: service.rename(actor(), fund_id, lp_id, name=values.name))
    if done is None:
        return lp_page(fund_id, lp_id, renaming=form), status
    message = _("The name is corrected. Papers that were issued keep the old one until they are issued anew.")
    return go(message, "lp", fund_id=fund_id, lp_id=lp_id)


@bp.post("/funds/<fund_id>/lps/<lp_id>/account")
@needs(Can.EDIT)
def pay_to(fund_id: str, lp_id: str) -> Any:
    """Say where a partner's distributions are paid to."""
    writable(fund_id, Can.EDIT)
    form = AccountForm(request.form)
    values = form.judged(FundAccountIn)
    if values is None:
        return lp_page(fund_id, lp_id, account=form), 422
    done, status = attempt(
        form, lambda: service.pay_to(actor(), fund_id, lp_id, payment_details=values.payment_details)
    )
    if done is None:
        return lp_page(fund_id, lp_id, account=form), status
    return go(_("The account is saved; the next notices print it."), "lp", fund_id=fund_id, lp_id=lp_id)


@bp.post("/funds/<fund_id>/lps/<lp_id>/invite")
@needs(Can.EDIT)
def invite(fund_id: str, lp_id: str) -> Any:
    """Mail a party the link to its place."""
    writable(fund_id, Can.EDIT)
    form = InviteForm(request.form)
    values = form.judged(FundInviteIn)
    if values is None:
        return lp_page(fund_id, lp_id, form), 422
    done, status = attempt(form, lambda: service.invite(actor(), fund_id, lp_id, email=values.email))
    if done is None:
        return lp_page(fund_id, lp_id, form), status
    return go(
        _("The invitation is on its way to %(email)s.", email=values.email),
        "lp",
        fund_id=fund_id,
        lp_id=lp_id,
    )


def _invitation(secret: str, form: FundsForm) -> str:
    fund, row = service.invited(secret)
    return render_template("funds/invitation.html", fund=fund, lp=row, secret=secret, form=form)


@bp.get("/fund-invitations/<secret>")
@needs(Can.JOIN)
def invitation(secret: str) -> str:
    """What one is invited to."""
    return _invitation(secret, FundsForm())


@bp.post("/fund-invitations/<secret>")
@needs(Can.JOIN)
def join(secret: str) -> Any:
    """Take one's place in the fund."""
    form = FundsForm(request.form)
    row, status = attempt(form, lambda: service.join(actor(), secret))
    if row is None:
        return _invitation(secret, form), status
    return go(_("Welcome. This is your place in the fund."), "lp", fund_id=row.fund_id, lp_id=row.id)

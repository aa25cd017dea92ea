"""Pages of management fees, expenses and other income."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from dealflow.core import clock
from dealflow.core.http import actor, needs
from dealflow.core.i18n import gettext as _
from dealflow.funds import present, queries, service
from dealflow.funds.forms import ChargeForm, DayForm, PeriodForm
from dealflow.funds.models import Fund
from dealflow.funds.pages.base import attempt, bp, go, render, writable
from dealflow.funds.periods import last_ended
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundChargeIn, FundDayIn, FundFeeIn


def _page(
    fund: Fund, fee: PeriodForm | None = None, charge: ChargeForm | None = None, day: DayForm | None = None
) -> str:
    today = clock.today()
    return render(
        "costs", fund, "costs", rows=[present.charge(fund, row) for row in queries.charges(fund.id)], cash=queries.cash(fund),
        fee=fee or PeriodForm(data={"period": last_ended(today)}), day=day or DayForm(data={"on": today}), today=today,
        charge=charge or ChargeForm(data={"on": today, "currency": fund.currency}),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/costs")
@needs(Can.MANAGE)
def costs(fund_id: str) -> str:
    """Fees, expenses and other income of a fund."""
    return _page(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/fees")
@needs(Can.POST)
def accrue_fee(fund_id: str) -> Any:
    """Post the management fee of a period."""
    fund, form = writable(fund_id), PeriodForm(request.form)
    values = form.judged(FundFeeIn)
    if values is None:
        return _page(fund, fee=form), 422
    done, status = attempt(form, lambda: service.accrue_fee(actor(), fund_id, period=values.period))
    if done is None:
        return _page(fund, fee=form), status
    return go(_("The fee is posted."), "costs", fund_id=fund_id)


@bp.post("/funds/<fund_id>/charges")
@needs(Can.POST)
def charge(fund_id: str) -> Any:
    """Post an expense or other income."""
    fund, form = writable(fund_id), ChargeForm(request.form)
    values = form.judged(FundChargeIn)
    if values is None:
        return _page(fund, charge=form), 422
    done, status = attempt(
        form,
        lambda: service.charge(
            actor(), fund_id, kind=values.kind, on=values.on or clock.today(), amount=values.amount.money(),
            reference=values.reference, text=values.text, rate=values.rate,
        ),
    )  # fmt: skip
    if done is None:
        return _page(fund, charge=form), status
    return go(_("The charge is posted."), "costs", fund_id=fund_id)


@bp.post("/funds/<fund_id>/charges/<charge_id>/pay")
@needs(Can.POST)
def pay_charge(fund_id: str, charge_id: str) -> Any:
    """Pay a fee or an expense."""
    writable(fund_id)
    form = DayForm(request.form)
    values = form.judged(FundDayIn)
    if values is not None:
        on = values.on or clock.today()
        done, _status = attempt(form, lambda: service.pay_charge(actor(), fund_id, charge_id, on=on))
        if done is not None:
            return go(_("The payment is entered."), "costs", fund_id=fund_id)
    for error in [*form.form_errors, *form.on.errors]:
        flash(str(error), "danger")
    return redirect(url_for("funds.costs", fund_id=fund_id), 303)

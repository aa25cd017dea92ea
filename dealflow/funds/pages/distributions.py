"""Pages of distributions: prepare, look at tiers and parts, approve."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from dealflow.core import clock, policy
from dealflow.core.doors import costly
from dealflow.core.http import actor, download, needs
from dealflow.core.i18n import gettext as _
from dealflow.funds import documents, queries, service, waterfall
from dealflow.funds.forms import ClawbackForm, DistributionForm, ReasonForm, ReviseForm
from dealflow.funds.models import Fund, FundDistribution
from dealflow.funds.pages.base import attempt, bp, go, issue_number, render, version, writable
from dealflow.funds.policy import Can
from dealflow.funds.shapes_money import FundClawbackIn, FundDistributionIn, FundReasonIn


def _list(fund: Fund, form: DistributionForm | None = None, clawback: ClawbackForm | None = None) -> str:
    today = clock.today()
    paid = bool(queries.cashflows(fund.id))
    return render(
        "distributions", fund, "distributions", rows=queries.distributions(fund.id), cash=queries.cash(fund),
        form=form or DistributionForm(data={"on": today}), clawback=clawback or ClawbackForm(data={"on": today, "tax_ppm": 0}),
        standing=waterfall.standing(fund, today) if paid else None,
    )  # fmt: skip


@bp.get("/funds/<fund_id>/distributions")
@needs(Can.MANAGE)
def distributions(fund_id: str) -> str:
    """All distributions of a fund."""
    return _list(queries.managed(actor(), fund_id))


@bp.post("/funds/<fund_id>/distributions")
@needs(Can.POST)
def prepare(fund_id: str) -> Any:
    """Prepare a distribution."""
    fund, form = writable(fund_id), DistributionForm(request.form)
    values = form.judged(FundDistributionIn)
    if values is None:
        return _list(fund, form), 422
    made, status = attempt(
        form,
        lambda: service.prepare(
            actor(), fund_id, on=values.on or clock.today(), amount=values.amount.money(),
            recallable=values.recallable.money() if values.recallable else None, deal=values.deal, text=values.text,
        ),
    )  # fmt: skip
    if made is None:
        return _list(fund, form), status
    return go(
        _("Prepared. Somebody else of your organisation approves it."),
        "distribution",
        fund_id=fund_id,
        distribution_id=made.id,
    )


@bp.post("/funds/<fund_id>/clawback")
@needs(Can.POST)
def clawback(fund_id: str) -> Any:
    """Prepare the clawback."""
    fund, form = writable(fund_id), ClawbackForm(request.form)
    values = form.judged(FundClawbackIn)
    if values is None:
        return _list(fund, clawback=form), 422
    on = values.on or clock.today()
    made, status = attempt(
        form, lambda: service.prepare_clawback(actor(), fund_id, on=on, tax_ppm=values.tax_ppm)
    )
    if made is None:
        return _list(fund, clawback=form), status
    return go(
        _("Prepared. Somebody else of your organisation approves it."),
        "distribution",
        fund_id=fund_id,
        distribution_id=made.id,
    )


def distribution_page(
    fund: Fund, row: FundDistribution, form: ReasonForm | None = None, revise: ReviseForm | None = None
) -> str:
    """One distribution by tier and partner; `revise`: a refused wish to issue the notices anew."""
    changed = service.changed_distributions(fund, row) if policy.can(actor(), Can.ISSUE, fund) else []
    lines = queries.distribution_lines(fund.id, distribution_id=row.id)
    told = queries.distribution_notices(fund.id, distribution_id=row.id)
    noticed = {lp_id: notice.issued_on for (_id, lp_id), notice in told.items()}
    return render(
        "distribution", fund, "distributions", later=queries.by_paper(line.id for line in lines),
        line_ids={line.lp_id: line.id for line in lines}, changed=[item.lp.name for item in changed], revise=revise or ReviseForm(), row=row, noticed=noticed, lacking=len(lines) - len(noticed),
        may_issue=policy.can(actor(), Can.ISSUE, fund), names=queries.names(fund.id), form=form or ReasonForm(), tiers=waterfall.TIERS,
        own_work=row.prepared_by_id == actor().user_id, may_approve=policy.can(actor(), Can.APPROVE, fund),
    )  # fmt: skip


@bp.get("/funds/<fund_id>/distributions/<distribution_id>")
@needs(Can.MANAGE)
def distribution(fund_id: str, distribution_id: str) -> str:
    """One distribution by tier and partner."""
    fund = queries.managed(actor(), fund_id)
    return distribution_page(fund, queries.distribution(fund_id, distribution_id))


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/approve")
@needs(Can.APPROVE)
def approve(fund_id: str, distribution_id: str) -> Any:
    """Approve and post."""
    row = queries.distribution(fund_id, distribution_id)
    fund, form = writable(fund_id, Can.APPROVE), ReasonForm()
    done, status = attempt(
        form, lambda: service.approve(actor(), fund_id, distribution_id, version=version())
    )
    if done is None:
        return distribution_page(fund, row, form), status
    return go(
        _("The distribution is posted and the partners are told."),
        "distribution",
        fund_id=fund_id,
        distribution_id=distribution_id,
    )


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/cancel")
@needs(Can.POST)
def cancel_distribution(fund_id: str, distribution_id: str) -> Any:
    """Drop a distribution that waits."""
    row = queries.distribution(fund_id, distribution_id)
    fund, form = writable(fund_id), ReasonForm(request.form)
    values = form.judged(FundReasonIn)
    if values is None:
        return distribution_page(fund, row, form), 422
    done, status = attempt(
        form,
        lambda: service.cancel_distribution(
            actor(), fund_id, distribution_id, reason=values.reason, version=version()
        ),
    )
    if done is None:
        return distribution_page(fund, row, form), status
    return go(_("The distribution is cancelled."), "distributions", fund_id=fund_id)


@bp.post("/funds/<fund_id>/distributions/<distribution_id>/notices")
@needs(Can.ISSUE)
def issue_notices(fund_id: str, distribution_id: str) -> Any:
    """Issue the notices of a distribution that was posted before there were any."""
    row = queries.distribution(fund_id, distribution_id)
    fund, form = writable(fund_id, Can.ISSUE), ReasonForm()
    done, status = attempt(form, lambda: service.issue_notices(actor(), fund_id, distribution_id))
    if done is None:
        return distribution_page(fund, row, form), status
    return go(
        _("The notices are issued and the partners are told."),
        "distribution",
        fund_id=fund_id,
        distribution_id=distribution_id,
    )


@bp.get("/funds/<fund_id>/distributions/<distribution_id>/notices/<lp_id>.pdf")
@costly
@needs(Can.SEE_LP)
def distribution_notice(fund_id: str, distribution_id: str, lp_id: str) -> Response:
    """The notice of a distribution to a partner."""
    return download(**documents.distribution_file(actor(), fund_id, distribution_id, lp_id, issue_number()))

"""The library in force: every clause, every template, checked when loaded."""

from __future__ import annotations

from itertools import chain

from dealflow.termsheets.library.instruments import TERMS
from dealflow.termsheets.library.model import Library, Template, Text, check
from dealflow.termsheets.library.terms import LIBRARY_VERSION
from dealflow.termsheets.library.texts import closing, conduct, instruments, money

_OPENING = ("parties", "investment", "use_of_funds", "tranches")
_ECONOMICS = ("recoupment", "corridors", "escalators", "payouts", "collection", "ad_spend")
_CONDUCT = (
    "credit", "delivery", "censorship", "key_person", "information", "title", "compliance", "breach", "force_majeure",
)  # fmt: skip
_CLOSING = (
    "exclusivity", "confidentiality", "costs", "assignment", "notices", "additional", "law", "arbitration", "validity",
    "status",
)  # fmt: skip


def _template(
    key: str, name: Text, summary: Text, investor: Text, creator: Text, instrument: Text, *own: str
) -> Template:
    return Template(
        key=key,
        name=name,
        summary=summary,
        investor_role=investor,
        creator_role=creator,
        instrument=instrument,
        clauses=(*_OPENING, *own, *_ECONOMICS, *_CONDUCT, *_CLOSING),
    )


_TEMPLATES = (
    _template(
        "equity_spv",
        Text(zh="项目公司股权投资", en="equity in a project company"),
        Text(
            zh="增资入股单一目的项目公司，按约定顺序回收与分配",
            en="Shares in a single-purpose company, with an agreed recoupment order",
        ),
        Text(zh="投资人", en="investor"),
        Text(zh="创始股东及制片人", en="founder and producer"),
        Text(zh="股权", en="Equity"),
        "equity_company",
        "equity_conditions",
        "equity_board",
        "equity_pre_emption",
        "equity_exit",
        "equity_liquidation",
    ),
    _template(
        "revenue_share",
        Text(zh="净收益分成", en="a revenue share"),
        Text(
            zh="不持股，按约定顺序分享作品收入", en="A share of receipts in an agreed order, without shares"
        ),
        Text(zh="投资人", en="investor"),
        Text(zh="制片人", en="producer"),
        Text(zh="净收益分成", en="Revenue share"),
        "revenue_right",
        "revenue_statements",
        "revenue_buy_out",
    ),
    _template(
        "loan",
        Text(zh="借款", en="a loan"),
        Text(zh="固定利率借款，以作品收入先行偿付", en="A fixed-rate loan, repaid first from receipts"),
        Text(zh="出借人", en="lender"),
        Text(zh="借款人及制片人", en="borrower and producer"),
        Text(zh="借款", en="Loan"),
        "loan_interest",
        "loan_conditions",
        "loan_repayment",
        "loan_security",
        "loan_default",
    ),
    _template(
        "presale",
        Text(zh="预售／保底发行", en="a presale or minimum guarantee"),
        Text(zh="以授权换取预付价款或保底金额", en="Rights against an advance price or a minimum guarantee"),
        Text(zh="购买方及发行方", en="buyer and distributor"),
        Text(zh="许可方及制片人", en="licensor and producer"),
        Text(zh="预售／保底", en="Presale / minimum guarantee"),
        "presale_grant",
        "presale_guarantee",
        "presale_marketing",
        "presale_reversion",
    ),
)

LIBRARY = Library(
    version=LIBRARY_VERSION,
    clauses={
        entry.id: entry
        for entry in chain(money.CLAUSES, instruments.CLAUSES, conduct.CLAUSES, closing.CLAUSES)
    },
    templates={entry.key: entry for entry in _TEMPLATES},
)
check(LIBRARY, dict(TERMS))
TEMPLATES = LIBRARY.templates

"""Clauses that belong to one instrument."""

from __future__ import annotations

from dealflow.termsheets.library.model import clause, para

EQUITY = (
    clause(
        "equity_company", "项目公司与股权", "Project company and shares",
        para(
            "投资款由{equity.company}（以下称“项目公司”）以增资方式接收，投前估值为{equity.pre_money}；交割后投资方持有项目公司{equity.stake_ppm}股权。",
            "The Investment is made as a capital increase of {equity.company} (the “Company”) at a pre-money valuation of {equity.pre_money}. After closing the Investor holds {equity.stake_ppm} of the Company.",
        ),
        para(
            "项目公司为单一目的公司，仅经营作品，不得对外举债、担保或投资；作品全部著作权及应收账款归属项目公司。",
            "The Company is a single-purpose vehicle: it deals with the Series alone and takes on no debt, guarantees or holdings. All rights in the Series and its receivables belong to the Company.",
        ),
        para(
            "项目公司的股东分红按“回收与分配顺序”条执行，优先于持股比例。",
            "Distributions of the Company to its shareholders follow “Recoupment order”, which takes precedence over shareholdings.",
        ),
    ),
    clause(
        "equity_board", "董事会与保护性事项", "Board and reserved matters",
        para(
            "董事会由{equity.board_seats}董事组成，其中{equity.investor_seats}由投资方委派。",
            "The board has {equity.board_seats} seats; the Investor fills {equity.investor_seats} of them.",
        ),
        para(
            "下列事项须经投资方委派的董事或投资方书面同意：预算调增超过5%、更换关键人员、处置作品权利、关联交易、单笔超过投资款5%的支出、清算与章程修改。",
            "The following need the consent of the Investor or its director: budget increases above 5%, replacement of key persons, disposal of rights in the Series, related-party dealings, a single expense above 5% of the Investment, liquidation and changes of the articles.",
        ),
    ),
    clause(
        "equity_pre_emption", "优先认购权与优先购买权", "Pre-emption and first refusal",
        para(
            "项目公司增发时，投资方有权按持股比例优先认购，并于收到通知后{equity.pre_emption_days}内行使；其他股东转让股权的，投资方在同等条件下享有优先购买权。",
            "On any new issue the Investor may subscribe in proportion to its stake within {equity.pre_emption_days} of notice, and has a right of first refusal on the same terms when another shareholder sells.",
        ),
        para(
            "若新增发行价格低于投资方的每股价格，投资方持股按广义加权平均法调整。",
            "If shares are issued below the Investor's price, its stake is adjusted on a broad-based weighted-average basis.",
            when=("equity.anti_dilution", "weighted_average"),
        ),
    ),
    clause(
        "equity_exit", "共同出售、领售与锁定", "Tag-along, drag-along and lock-up",
        para(
            "创始股东拟转让股权的，投资方有权按同等价格与条件按比例共同出售。",
            "If a founder sells shares, the Investor may sell alongside in proportion at the same price and terms.",
            when=("equity.tag_along", True),
        ),
        para(
            "持有表决权{equity.drag_threshold_ppm}以上的股东同意整体出售，且投资方所得不低于投资款的{equity.drag_floor_ppm}时，其他股东应一并出售。",
            "If shareholders with {equity.drag_threshold_ppm} or more of the votes agree to sell the whole Company, and the Investor receives at least {equity.drag_floor_ppm} of the Investment, all shareholders sell with them.",
        ),
        para(
            "创始股东自交割起{equity.lock_up_months}内不得转让股权，投资方书面同意的除外。",
            "The founders do not transfer shares for {equity.lock_up_months} after closing unless the Investor agrees in writing.",
        ),
    ),
)  # fmt: skip

REVENUE = (
    clause(
        "revenue_right", "收益分成权", "Revenue share",
        para(
            "投资方按“回收与分配顺序”条分享作品自首次上线起{revenue_share.term_years}内在{revenue_share.territory}产生的全部收入，不持有制片方股权，也不承担其经营债务。",
            "The Investor shares, as set out in “Recoupment order”, in all receipts of the Series for {revenue_share.term_years} from first release, {revenue_share.territory}. It holds no shares in the Producer and bears none of its debts.",
        ),
        para(
            "收入包括：{revenue_share.sources}。收入按实际到账的含税总额计，除“回收与分配顺序”条列明者外不作任何扣除。",
            "Receipts comprise {revenue_share.sources}. They are counted gross, as received, with no deduction other than those listed in “Recoupment order”.",
        ),
        para(
            "分成权附随作品：作品权利转让或许可时，受让方应书面承接本条义务。",
            "The share runs with the Series: whoever acquires or licenses its rights must assume this clause in writing.",
        ),
    ),
    clause(
        "revenue_buy_out", "买断与续作", "Buy-out and sequels",
        para(
            "制片方可随时以使投资方累计所得达到投资款{revenue_share.buy_out_ppm}的金额，一次性买断剩余分成权。",
            "The Producer may at any time buy out the remaining share by paying what brings the Investor's total to {revenue_share.buy_out_ppm} of the Investment.",
        ),
        para(
            "对作品的续集、改编或同系列作品，投资方在同等条件下享有优先投资权，并应于收到完整方案后十五日内答复。",
            "The Investor has a first look, on equal terms, at investing in sequels, adaptations and series from the same world, and answers within fifteen days of a complete proposal.",
            when=("revenue_share.sequel_first_look", True),
        ),
    ),
)  # fmt: skip

LOAN = (
    clause(
        "loan_interest", "利率与期限", "Interest and maturity",
        para(
            "借款自{loan.drawdown}起按年利率{loan.rate_ppm}对未还本金计单利（实际天数/365），于{loan.maturity}到期。",
            "From {loan.drawdown} the loan bears simple interest at {loan.rate_ppm} per year on the outstanding principal (actual days/365) and matures on {loan.maturity}.",
        ),
        para(
            "到期后{loan.grace_days}宽限期届满仍未清偿的，自到期日起按年利率{loan.default_rate_ppm}计算逾期利息。利息及一切费用合计不超过司法保护的利率上限，超出部分不予计收。",
            "If it is not repaid when a grace period of {loan.grace_days} after maturity ends, interest runs at {loan.default_rate_ppm} per year from maturity. Interest and all charges together never exceed the rate the courts protect; any excess is not charged.",
        ),
    ),
    clause(
        "loan_repayment", "还款与提前还款", "Repayment and prepayment",
        para(
            "作品收入按“回收与分配顺序”条先付息后还本；到期日仍有未清偿余额的，制片方以自有资金补足，还款义务不以作品收入为限。",
            "Receipts pay interest first and then principal, as set out in “Recoupment order”. What is still owed at maturity the Producer pays from its own funds; its duty to repay is not limited to receipts.",
        ),
        para(
            "制片方可提前{loan.prepayment_days}书面通知后全部或部分提前还款，利息计至实际还款日，不收取补偿金。",
            "The Producer may prepay in whole or part on {loan.prepayment_days} written notice, with interest to the day of payment and without a premium.",
        ),
    ),
    clause(
        "loan_security", "担保与违约", "Security and default",
        para(
            "借款由以下方式担保：{loan.security}。须登记的担保在首期提款前完成登记。",
            "The loan is secured by {loan.security}. Security that needs registration is registered before the first drawdown.",
        ),
        para(
            "发生下列情形之一的，投资方可宣布借款提前到期：逾期超过宽限期；挪用资金；收入未付入归集账户；担保失效且十日内未补足；制片方停业、被接管或进入破产程序。",
            "The Investor may call the loan on: payment overdue beyond the grace period; misuse of money; receipts kept from the collection account; security lapsed and not replaced within ten days; the Producer's cessation, receivership or insolvency.",
        ),
    ),
)  # fmt: skip

PRESALE = (
    clause(
        "presale_grant", "授权范围", "Rights granted",
        para(
            "制片方授予投资方在{presale.territory}就{presale.languages}版本行使下列权利：{presale.rights}，期限自首次上线起{presale.window_months}。",
            "The Producer grants the Investor the following rights in {presale.territory} for versions in {presale.languages}: {presale.rights}, for {presale.window_months} from first release.",
        ),
        para(
            "上述授权为独占授权，授权期内制片方不得自行或许可他人行使。",
            "The grant is exclusive: during the licence period the Producer neither uses these rights nor licenses them to others.",
            when=("presale.exclusive", True),
        ),
        para(
            "上述授权为非独占授权。",
            "The grant is not exclusive.",
            when=("presale.exclusive", False),
        ),
        para(
            "首次上线后{presale.holdback_days}内，制片方不在其他渠道发行作品。未列明的权利由制片方保留。",
            "The Producer releases the Series on no other channel for {presale.holdback_days} after first release. Rights not listed are reserved to the Producer.",
        ),
    ),
    clause(
        "presale_guarantee", "保底与发行代理费", "Guarantee and commission",
        para(
            "投资款为最低保底金额：无论作品收入多少，已按里程碑支付的部分不予退还，亦可由投资方从授权权利的收入中优先收回。",
            "The Investment is a minimum guarantee: whatever the Series earns, what was paid against milestones is not returned, and the Investor recovers it first from the receipts of the licensed rights.",
            when=("presale.kind", "minimum_guarantee"),
        ),
        para(
            "投资款为授权权利的预售价款，于交付验收后视为全部取得；投资方从授权权利的收入中优先收回。",
            "The Investment is the price of the licensed rights, earned in full on acceptance of delivery; the Investor recovers it first from the receipts of those rights.",
            when=("presale.kind", "presale"),
        ),
        para(
            "投资方按授权权利总收入的{presale.commission_ppm}收取发行代理费，发行与宣传费用已包含在内，投流费用另按“投流管理”条处理。",
            "The Investor keeps a distribution commission of {presale.commission_ppm} of the gross receipts of the licensed rights, which covers distribution and publicity; ad spend follows “Ad-spend covenant”.",
        ),
    ),
)  # fmt: skip

CLAUSES = EQUITY + REVENUE + LOAN + PRESALE

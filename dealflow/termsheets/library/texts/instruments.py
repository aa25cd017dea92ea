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
        "equity_conditions", "交割条件", "Conditions to closing",
        para(
            "交割以下列条件全部成就为前提：增资协议、股东协议及修订后的章程已签署；项目公司已设立并完成开户；作品的剧本及改编权、著作权已转让或独占许可给项目公司；备案已受理；陈述与保证真实；未发生重大不利变化。",
            "Closing requires that the subscription and shareholders' agreements and the amended articles are signed; the Company is formed and has its account; the script, the underlying rights and the copyright are assigned or exclusively licensed to the Company; the filing is accepted; the statements and warranties are true; and nothing materially adverse has occurred.",
        ),
        para(
            "双方应在最终协议签署后{equity.closing_days}内完成交割；项目公司应在交割后十五个工作日内办理股东及董事的变更登记，并向投资方签发出资证明。",
            "Closing takes place within {equity.closing_days} of the definitive agreements. Within fifteen business days of closing the Company registers the change of shareholders and directors and certifies the Investor's contribution.",
        ),
    ),
    clause(
        "equity_board", "董事会与保护性事项", "Board and reserved matters",
        para(
            "董事会由{equity.board_seats}董事组成，其中{equity.investor_seats}由投资方委派。",
            "The board has {equity.board_seats} seats; the Investor fills {equity.investor_seats} of them.",
        ),
        para(
            "董事会至少每季度召开一次，提前五个工作日通知；会议的法定人数为{equity.quorum}，因同一方缺席连续两次不足法定人数的，第二次会议以实际出席董事为准。",
            "The board meets at least once a quarter on five business days' notice. A quorum is {equity.quorum}; if the same party's absence prevents it twice running, those present at the second meeting suffice.",
        ),
        para(
            "投资方可另派一名无表决权的观察员列席董事会并取得全部会议资料。",
            "The Investor may also send one observer without a vote, who receives all board papers.",
            when=("equity.observer", True),
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
        para(
            "创始股东在持股期间及其后{equity.non_compete_months}内，不得就与作品同一题材、同一原作的剧集从事与项目公司竞争的业务。",
            "While they hold shares and for {equity.non_compete_months} afterwards the founders do not compete with the Company with series from the same underlying work or of the same subject.",
        ),
    ),
    clause(
        "equity_liquidation", "清算优先权与存续期", "Liquidation preference and life of the Company",
        para(
            "项目公司清算、解散或出售全部主要资产时，投资方优先取得投资款的{equity.liquidation_ppm}（扣除其已按“回收与分配顺序”条收到的金额），其后剩余财产由其他股东按持股比例分配。",
            "On liquidation, dissolution or sale of substantially all assets of the Company, the Investor first receives {equity.liquidation_ppm} of the Investment, less what it has received under “Recoupment order”; what remains goes to the other shareholders in proportion to their shares.",
            when=("equity.liquidation", "non_participating"),
        ),
        para(
            "项目公司清算、解散或出售全部主要资产时，投资方优先取得投资款的{equity.liquidation_ppm}（扣除其已按“回收与分配顺序”条收到的金额），其后剩余财产由包括投资方在内的全体股东按持股比例分配。",
            "On liquidation, dissolution or sale of substantially all assets of the Company, the Investor first receives {equity.liquidation_ppm} of the Investment, less what it has received under “Recoupment order”; what remains is shared by all shareholders, the Investor included, in proportion to their shares.",
            when=("equity.liquidation", "participating"),
        ),
        para(
            "项目公司自交割起存续{equity.life_years}，届满后清算；作品届时仍有收入的，双方可书面同意延长，或将收入权按“回收与分配顺序”条直接分配给各收款方。",
            "The Company exists for {equity.life_years} from closing and is then wound up. If the Series still earns, the parties may extend its life in writing or assign the receipts directly to the payees in the proportions of “Recoupment order”.",
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
        "revenue_statements", "结算单与审计", "Statements and audit",
        para(
            "制片方应在每个结算周期结束后{revenue_share.statements_within}内，向投资方提供各渠道的平台结算单、到账凭证、扣款明细及分配计算表，并开放平台后台的只读权限。",
            "Within {revenue_share.statements_within} after each settlement period the Producer gives the Investor every channel's platform statement, proof of receipt, list of deductions and the calculation, and read-only access to the platforms' back end.",
        ),
        para(
            "投资方可自行或委托会计师审计作品的账目，每年不超过{revenue_share.audits_per_year}，追溯期{revenue_share.audit_look_back_months}；发现的差额应在十个工作日内补足。",
            "The Investor may audit the accounts of the Series, itself or by an accountant, no more than {revenue_share.audits_per_year} a year and looking back {revenue_share.audit_look_back_months}. Differences are made good within ten business days.",
        ),
        para(
            "作品与其他作品打包授权或销售的，计入作品的收入不低于打包总价按各作品集数及同期播放表现合理分摊的部分，且不低于{revenue_share.bundle_ppm}。",
            "If the Series is licensed or sold together with others, what counts as its receipts is no less than a fair part of the price by episodes and performance in the same period, and no less than {revenue_share.bundle_ppm}.",
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
        "loan_conditions", "提款条件", "Conditions to drawdown",
        para(
            "首次提款前，借款人应提供：批准借款的有效决议、签署的借款及担保文件、担保登记证明、归集账户开户证明，以及陈述与保证继续真实、未发生违约的确认。",
            "Before the first drawdown the Borrower provides the valid resolution approving the loan, the signed loan and security documents, proof that the security is registered, proof of the collection account, and confirmation that its statements and warranties are true and no default has occurred.",
        ),
        para(
            "借款只能用于“资金用途”条所列用途；每次提款应附用款计划及上一期款项的支出凭证。",
            "The loan is used only as set out in “Use of funds”; each drawdown comes with a plan of use and vouchers for the one before.",
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
        "loan_security", "担保", "Security",
        para(
            "借款由以下方式担保：{loan.security}。须登记的担保在借款文件签署后{loan.registration_days}内、且在首次提款前完成登记；担保范围包括本金、利息、逾期利息及实现债权的合理费用。",
            "The loan is secured by {loan.security}. Security that needs registration is registered within {loan.registration_days} of the loan documents and before the first drawdown. It covers principal, interest, default interest and the reasonable costs of enforcement.",
        ),
        para(
            "连带责任保证由{loan.guarantor}提供，保证期间为债务履行期届满之日起三年。",
            "The joint and several guarantee is given by {loan.guarantor} and may be called for three years after the debt falls due.",
            when=("loan.security", "guarantee"),
        ),
        para(
            "借款清偿前，借款人不得就作品及其应收账款再设定担保、转让或作其他处分。",
            "Until the loan is repaid the Borrower creates no other security over, and does not assign or otherwise dispose of, the Series or its receivables.",
            when=("loan.negative_pledge", True),
        ),
    ),
    clause(
        "loan_default", "违约事件与提前到期", "Events of default",
        para(
            "发生下列情形之一的，出借人可宣布借款提前到期：逾期超过宽限期；挪用借款；收入未付入归集账户；担保失效或价值明显减少且十日内未补足；陈述重大失实；其他到期债务违约；停业、被接管或进入破产程序。",
            "The Lender may call the loan on: payment overdue beyond the grace period; misuse of the loan; receipts kept from the collection account; security lapsed or clearly diminished and not made good within ten days; a materially untrue statement; default on other debt that is due; cessation, receivership or insolvency.",
        ),
        para(
            "宣布提前到期后，出借人可就担保财产优先受偿，并要求平台将作品收入直接付至其指定账户，直至债务清偿。",
            "Once the loan is called, the Lender may satisfy itself from the security and require the platforms to pay the receipts of the Series to the account it names until the debt is paid.",
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
            "授权期届满时投资款仍未全部收回的，{presale.shortfall}。",
            "If the Investment is not fully recovered when the licence expires, {presale.shortfall}.",
            when=("presale.shortfall", ("term", "refund")),
        ),
        para(
            "授权期届满时投资款仍未全部收回的，差额由投资方承担，不得向制片方追索。",
            "If the Investment is not fully recovered when the licence expires, the Investor bears the difference and has no claim against the Producer.",
            when=("presale.shortfall", "none"),
        ),
        para(
            "投资方按授权权利总收入的{presale.commission_ppm}收取发行代理费，发行与宣传费用已包含在内，投流费用另按“投流管理”条处理。",
            "The Investor keeps a distribution commission of {presale.commission_ppm} of the gross receipts of the licensed rights, which covers distribution and publicity; ad spend follows “Ad-spend covenant”.",
        ),
    ),
    clause(
        "presale_marketing", "上线与宣发", "Release and marketing",
        para(
            "投资方应在交付验收后{presale.release_days}内在授权渠道首次上线作品，并提前十五日将上线日期与宣发方案告知制片方；海报、标题与剪辑的改动须经制片方同意，为审核或平台规范所必需的除外。",
            "The Investor releases the Series on the licensed channels within {presale.release_days} of acceptance and tells the Producer the date and the marketing plan fifteen days before. Changes of key art, title or cut need the Producer's consent, unless review or a platform's rules require them.",
        ),
        para(
            "投资方应以不低于其同类重点作品的合理努力进行宣传推广。",
            "The Investor markets the Series with reasonable efforts, no less than for comparable lead titles of its own.",
            when=("presale.marketing", "best_efforts"),
        ),
        para(
            "投资方承诺上线后六十日内的宣发投入不低于投资款的{presale.marketing_ppm}，并向制片方提供支出凭证；该投入不从作品收入中回收。",
            "The Investor spends at least {presale.marketing_ppm} of the Investment on marketing within sixty days of release and shows the Producer the vouchers; this spend is not recovered from receipts.",
            when=("presale.marketing", "minimum"),
        ),
    ),
    clause(
        "presale_reversion", "权利回转与届满", "Reversion and expiry",
        para(
            "投资方逾期付款超过三十日、未按期上线且经催告后三十日内仍未上线，或进入破产程序的，授权权利自动回转至制片方，已付款项不予退还。",
            "If the Investor is more than thirty days late with a payment, does not release in time nor within thirty days of notice, or becomes insolvent, the licensed rights revert to the Producer and what was paid is not returned.",
            when=("presale.reversion", True),
        ),
        para(
            "授权期届满后，投资方可在{presale.sell_off_days}内继续履行届满前已签订的非独占分许可，其收入仍按本条款清单分配；此后应下架作品并销毁或返还介质。",
            "After expiry the Investor may for {presale.sell_off_days} go on performing non-exclusive sublicences made before, whose receipts are distributed under this term sheet; it then takes the Series down and destroys or returns the materials.",
        ),
        para(
            "未经制片方书面同意，投资方不得对作品进行改编、拍摄续集或将其用于训练生成式模型。",
            "Without the Producer's written consent the Investor makes no adaptation or sequel of the Series and does not use it to train generative models.",
        ),
    ),
)  # fmt: skip

CLAUSES = EQUITY + REVENUE + LOAN + PRESALE

"""Who, how much, for what, in which steps, and who is paid back in which order."""

from __future__ import annotations

from dealflow.termsheets.library.model import clause, para

CLAUSES = (
    clause(
        "parties", "当事方与项目", "Parties and project",
        para(
            "本条款清单由以下双方就《{project.title}》（{project.format}，以下称“作品”）订立：{investor.name}（作为{investor.role}，以下称“投资方”）与{creator.name}（作为{creator.role}，以下称“制片方”）。",
            "This term sheet is made between {investor.name} (as {investor.role}, the “Investor”) and {creator.name} (as {creator.role}, the “Producer”) for “{project.title}” ({project.format}, the “Series”).",
        ),
        para(
            "制片方陈述：其依法设立并有效存续，拥有签署本条款清单的权限，且签署不违反其已订立的任何协议。投资方作同样陈述。",
            "The Producer states that it is duly organised and in good standing, has authority to sign this term sheet and breaches no other agreement by doing so. The Investor states the same of itself.",
        ),
    ),
    clause(
        "investment", "投资金额与方式", "Amount and instrument",
        para(
            "投资方拟以{template.name}方式向作品投入{investment.amount}（{amount.words}，以下称“投资款”）。",
            "The Investor intends to commit {investment.amount} ({amount.words}, the “Investment”) to the Series by way of {template.name}.",
        ),
        para(
            "投资款按“分期付款与里程碑”条分期支付；每期条件成就且制片方发出书面付款通知后{investment.payment_days}内，投资方将款项付至归集账户或双方书面约定的专用账户。",
            "The Investment is paid in the tranches set out under “Tranches and milestones”. The Investor pays each tranche into the collection account, or a dedicated account agreed in writing, within {investment.payment_days} after its conditions are met and the Producer has given written notice.",
        ),
        para(
            "投资方逾期付款的，应按年利率{remedies.late_rate_ppm}支付逾期利息，受影响的里程碑相应顺延；逾期超过三十日的，制片方有权解除未支付部分。",
            "If the Investor pays late, it pays interest at {remedies.late_rate_ppm} per year and the milestones affected are postponed accordingly; if it is more than thirty days late, the Producer may cancel the part not yet paid.",
        ),
    ),
    clause(
        "use_of_funds", "资金用途", "Use of funds",
        para(
            "投资款仅可用于下表所列用途，合计等于投资款，其中投流占{ad_spend.share}。",
            "The Investment may be used only for the purposes in the table below, which add up to the Investment; ad spend makes up {ad_spend.share} of it.",
        ),
        para(
            "同一用途之内可自行调剂；不同用途之间的调剂累计超过投资款5%的，须经投资方事先书面同意。任何款项不得用于偿还制片方既有债务或与作品无关的项目。",
            "Money may be moved freely within a line. Moving more than 5% of the Investment in total between lines needs the Investor's prior written consent. No money may be used to repay existing debts of the Producer or for other projects.",
        ),
        exhibit="use_of_funds",
    ),
    clause(
        "tranches", "分期付款与里程碑", "Tranches and milestones",
        para(
            "投资款分{tranches.count}期支付。每期以下表里程碑达成并附证明文件为前提；平台内可核验的事件（审核结论、场景预订、杀青、上线）以平台记录为准。",
            "The Investment is paid in {tranches.count} tranches. Each one requires its milestone in the table below, with evidence; for events the platform itself can verify (review decision, bookings, wrap, release) the platform's record decides.",
        ),
        para(
            "里程碑在最后期限前未达成的，按表中“未达成的处理”办理；已支付款项不因此要求返还，但“内容审核”条及违约情形除外。",
            "If a milestone is not met by its long-stop date, the table says what follows. Money already paid is not returned for that reason, except under “Content review” or for breach.",
        ),
        exhibit="tranches",
    ),
    clause(
        "recoupment", "回收与分配顺序", "Recoupment order",
        para(
            "作品的全部总收入按下列顺位分配；前一顺位未足额之前，不进入其后全额顺位。金额以最小货币单位计算，累计分配，任何一方已收到的款项不因后续收入而被要求返还。",
            "All gross receipts of the Series are distributed in the order below; a tier that takes all that remains is filled before the next begins. Amounts are computed to the smallest currency unit on a cumulative basis, and nobody is asked to give back what it received because of later receipts.",
        ),
        generated="recoupment",
        exhibit="recoupment",
    ),
    clause("corridors", "优先分成通道", "Corridors", generated="corridors"),
    clause("escalators", "分成比例调整", "Escalators", generated="escalators"),
    clause(
        "payouts", "不同总收入下的分配测算", "Payouts at several levels of gross receipts",
        para(
            "下表由与结算相同的算法按“回收与分配顺序”条计算，仅作说明，不构成对收入的承诺；标示的一行为投资方恰好收回投资款的总收入。",
            "The table is computed from “Recoupment order” by the same rules that later settle it. It illustrates and promises no receipts. The marked row is the gross at which the Investor has exactly recovered the Investment.",
        ),
        exhibit="payouts",
    ),
    clause(
        "collection", "收入归集与结算", "Collection and settlement",
        para(
            "作品各渠道收入应直接付入{collection.account}（以下称“归集账户”）。制片方误收的款项应在五个工作日内转入。",
            "Receipts of the Series from every channel are paid directly into {collection.account} (the “collection account”). Money the Producer receives by mistake is passed on within five business days.",
        ),
        para(
            "分配{collection.frequency}进行一次，在该周期结束后{collection.settlement_days}内完成，并附平台结算单及分配计算表。",
            "Distributions are made once per {collection.frequency}, within {collection.settlement_days} after the end of the period, together with the platform statements and the calculation.",
        ),
        para(
            "收款方自收到计算表之日起{collection.dispute_days}内可书面提出异议；无异议部分照常支付。审计发现少付超过应付额3%的，审计费由制片方承担。",
            "A payee may object in writing within {collection.dispute_days} of receiving the calculation; what is not disputed is paid regardless. If an audit finds more than 3% underpaid, the Producer bears its cost.",
        ),
    ),
    clause(
        "ad_spend", "投流管理", "Ad-spend covenant",
        para(
            "可从收入中回收的投流支出累计不超过{ad_spend.cap}；超出部分由制片方自行承担，任何时候不得从作品收入中扣除。",
            "Ad spend recoverable from receipts is capped at {ad_spend.cap} in total. The Producer bears whatever is above the cap and may never deduct it from receipts.",
        ),
        para(
            "单次或单日投放超过{ad_spend.approval_above}的，须事先经{ad_spend.approver}书面批准；自收到投放计划之日起{ad_spend.approval_days}内未答复的，视为不批准。",
            "A campaign, or a day's spend, above {ad_spend.approval_above} needs prior written approval by {ad_spend.approver}; no answer within {ad_spend.approval_days} of the plan counts as refusal.",
        ),
        para(
            "投流支出每月{ad_spend.audit_day}前由{ad_spend.auditor}对上月账户后台数据、发票及返点进行审计；仅经审计的净支出（扣除返点与赠送）计入回收。",
            "By day {ad_spend.audit_day} of each month {ad_spend.auditor} audits the previous month's account data, invoices and rebates. Only audited net spend, after rebates and credits, is recoverable.",
        ),
        para(
            "制片方向投资方开放投放账户的只读权限；投放回报率（当日归因收入除以当日投流净支出）连续{ad_spend.floor_days}低于{ad_spend.return_floor_ppm}的，投资方有权要求暂停投放，制片方应于当日停止。",
            "The Producer gives the Investor read-only access to the advertising accounts. If the return on ad spend (the day's attributed receipts divided by the day's net spend) stays below {ad_spend.return_floor_ppm} for {ad_spend.floor_days} running, the Investor may require a pause, and spending stops the same day.",
        ),
        para(
            "超出上限、未经批准或未经审计的投流支出按下列方式处理：{ad_spend.on_breach}。",
            "For ad spend above the cap, without approval or without audit the following applies: {ad_spend.on_breach}.",
        ),
    ),
)  # fmt: skip

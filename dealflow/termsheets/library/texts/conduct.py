"""How the series is made, delivered, reviewed and reported on."""

from __future__ import annotations

from dealflow.termsheets.library.model import clause, para

CLAUSES = (
    clause(
        "credit", "署名", "Credit",
        para(
            "投资方以{credit.kind}身份在{credit.placement}署名，字号与停留时间不低于同类署名；另享有{credit.personal_credits}个人署名名额。海报及平台作品页同样标示。",
            "The Investor is credited {credit.kind} in {credit.placement}, in size and duration no less than others of its kind, and may name {credit.personal_credits} for personal credits. Key art and platform pages carry the credit too.",
        ),
        para(
            "署名遗漏应在收到通知后五个工作日内对可修改的介质更正；无意的遗漏不构成根本违约。",
            "An omitted credit is corrected on all media that can be changed within five business days of notice; an unintended omission is no material breach.",
        ),
    ),
    clause(
        "delivery", "交付", "Delivery",
        para(
            "制片方应于{delivery.by}前交付完整作品{delivery.episodes}，交付物包括：{delivery.specification}。",
            "The Producer delivers the complete Series of {delivery.episodes} by {delivery.by}. Delivery comprises: {delivery.specification}.",
        ),
        para(
            "投资方于收到交付物后{delivery.acceptance_days}内验收并书面列明缺陷，逾期未提出视为合格；制片方应在{delivery.cure_days}内补正。",
            "The Investor accepts, or lists defects in writing, within {delivery.acceptance_days} of receipt; silence is acceptance. The Producer cures defects within {delivery.cure_days}.",
        ),
        para(
            "交付逾期六十日以上的，投资方有权解除未支付部分并要求返还未支出的投资款。",
            "If delivery is more than sixty days late, the Investor may cancel what is unpaid and require the return of unspent money.",
        ),
    ),
    clause(
        "censorship", "内容审核", "Content review",
        para(
            "制片方负责备案与内容审核，首次提交及每次结论应在两个工作日内告知投资方。要求修改的，制片方自费修改复审，最多{censorship.rework_rounds}。",
            "The Producer handles filing and content review and informs the Investor within two business days of the first submission and of each decision. If changes are required, it makes them at its own cost, up to {censorship.rework_rounds}.",
        ),
        para(
            "最终未通过，或自首次提交起{censorship.longest_months}内未取得结论的，制片方应在{censorship.refund_days}内退还未支出的投资款，已支出部分凭审计凭证核销；已形成的剧本与素材权益由双方按出资共有。",
            "If the Series is finally rejected, or no decision is made within {censorship.longest_months} of first submission, the Producer returns unspent money within {censorship.refund_days}; what was spent is accounted for by audited vouchers, and the parties own the resulting scripts and footage in proportion to their contributions.",
            when=("censorship.on_reject", "refund_unspent"),
        ),
        para(
            "最终未通过，或自首次提交起{censorship.longest_months}内未取得结论的，制片方应在{censorship.refund_days}内退还全部投资款，审核风险由制片方承担。",
            "If the Series is finally rejected, or no decision is made within {censorship.longest_months} of first submission, the Producer returns the whole Investment within {censorship.refund_days}; the Producer bears the risk of review.",
            when=("censorship.on_reject", "refund_all"),
        ),
        para(
            "最终未通过，或自首次提交起{censorship.longest_months}内未取得结论的，制片方应在{censorship.refund_days}内提出至少两个替代项目，投资方可将未支出的投资款转入其一，或要求退还。",
            "If the Series is finally rejected, or no decision is made within {censorship.longest_months} of first submission, the Producer proposes at least two replacement projects within {censorship.refund_days}; the Investor may move unspent money to one of them or have it returned.",
            when=("censorship.on_reject", "replace"),
        ),
        para(
            "上线后被要求下架的，受影响期间的期限相应顺延；因制片方擅自改动已审定内容而下架的，由制片方赔偿投资方未收回的投资款。",
            "If the Series is taken down after release, periods are extended accordingly; if that is because the Producer altered approved content, it makes good the Investment not yet recovered.",
        ),
    ),
    clause(
        "key_person", "关键人员", "Key persons",
        para(
            "下列人员为关键人员，应实际履行其职责至交付：{key_person.names}。",
            "The following are key persons and do their work in person until delivery: {key_person.names}.",
        ),
        para(
            "关键人员离任、失去履职能力或发生影响作品发行的失德失信事件的，制片方应在{key_person.replace_days}内提出投资方认可的人选；期间投资方有权暂停付款。",
            "If a key person leaves, cannot act, or is involved in misconduct that endangers release, the Producer proposes a replacement acceptable to the Investor within {key_person.replace_days}; until then the Investor may suspend payments.",
        ),
    ),
    clause(
        "information", "知情与检查权", "Information rights",
        para(
            "制片方在每月结束后{information.report_days}内提供进度、预算执行、投流及收入报告；重大事件（停拍、诉讼、监管问询）应在两个工作日内通知。",
            "Within {information.report_days} of each month's end the Producer reports on progress, budget, ad spend and receipts; material events (a stopped shoot, litigation, regulatory enquiries) are notified within two business days.",
        ),
        para(
            "投资方提前{information.inspection_days}通知，可查阅并复制与作品有关的账册、合同及平台后台数据。账册自作品上线起至少保存{information.keep_years}。",
            "On {information.inspection_days} notice the Investor may inspect and copy books, contracts and platform data of the Series. Books are kept for at least {information.keep_years} from release.",
        ),
    ),
    clause(
        "title", "权利来源与保证", "Chain of title and warranties",
        para(
            "制片方保证：拥有或已取得剧本、改编、音乐、肖像、字体与素材的全部必要授权；作品不侵犯第三方权利；涉及生成式技术的素材已依法标识并留存来源记录。",
            "The Producer warrants that it owns or has cleared the script, underlying work, music, likenesses, fonts and footage; that the Series infringes no third party's rights; and that machine-generated material is labelled as the law requires, with its sources on record.",
        ),
        para(
            "第三方据此提出主张的，由制片方负责处理并赔偿投资方的损失。",
            "The Producer deals with third-party claims on these matters and makes good the Investor's loss.",
        ),
    ),
)  # fmt: skip

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
            "交付逾期超过{delivery.late_days}的，投资方有权解除未支付部分并要求返还未支出的投资款。",
            "If delivery is late by more than {delivery.late_days}, the Investor may cancel what is unpaid and require the return of unspent money.",
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
        para(
            "期限届满仍未就人选达成一致的，{key_person.on_fail}。",
            "If nobody is agreed when that period ends, {key_person.on_fail}.",
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
    clause(
        "compliance", "合规与反商业贿赂", "Compliance",
        para(
            "双方遵守反洗钱、反商业贿赂、制裁、税收、未成年人保护与个人信息保护的法律；投资款来源合法，任何一方及其人员不得为促成本次投资、审核或播出而给付或收受不当利益。",
            "Each party complies with the law on money laundering, bribery, sanctions, tax, the protection of minors and personal data. The Investment comes from lawful sources, and nobody acting for a party gives or takes an improper benefit to bring about this Investment, a review decision or a release.",
        ),
        para(
            "制片方办理拍摄、备案、发行所需的全部许可，并依法为剧组人员投保意外伤害保险。",
            "The Producer obtains every licence that shooting, filing and release require and insures the crew against accidents as the law demands.",
        ),
    ),
    clause(
        "breach", "违约与救济", "Breach and remedies",
        para(
            "一方违约的，守约方可书面要求其在{remedies.cure_days}内补救；逾期未补救且违约严重影响本次投资目的的，守约方可解除并要求赔偿实际损失。",
            "If a party is in breach, the other may require it in writing to put things right within {remedies.cure_days}. If it does not and the breach defeats the purpose of the Investment, the other party may terminate and claim its actual loss.",
        ),
        para(
            "挪用投资款、隐瞒或截留收入、未经同意处置作品权利、提供虚假结算数据构成制片方的重大违约，投资方可立即停止付款，并要求返还未支出的投资款及被截留的收入。",
            "Misuse of the Investment, concealing or withholding receipts, disposing of rights in the Series without consent and false settlement data are material breaches by the Producer: the Investor may stop paying at once and require the return of unspent money and of what was withheld.",
        ),
        para(
            "任何一方均不对间接损失承担责任，但故意或重大过失、欺诈及违反保密义务的除外。",
            "Neither party is liable for indirect loss, save for intent, gross negligence, fraud and breach of confidentiality.",
        ),
    ),
    clause(
        "force_majeure", "不可抗力", "Force majeure",
        para(
            "因不能预见、不能避免且不能克服的事件（包括自然灾害、疫情管控、政策性停拍）不能履行的，受影响方应在五日内通知并提供证明，期限相应顺延；审核未通过按“内容审核”条处理，不属于不可抗力。",
            "A party prevented from performing by an event that it could neither foresee, avoid nor overcome (natural disaster, epidemic control and an ordered stop of shooting among them) gives notice with evidence within five days, and periods are extended accordingly. A refusal in content review follows “Content review” and is not force majeure.",
        ),
        para(
            "上述事件持续超过{remedies.force_majeure_days}的，任何一方可解除未履行部分，未支出的投资款应予返还。",
            "If the event lasts more than {remedies.force_majeure_days}, either party may terminate what is not yet performed, and unspent money is returned.",
        ),
    ),
)  # fmt: skip

"""What binds, for how long, under which law, and who decides a dispute."""

from __future__ import annotations

from dealflow.termsheets.library.model import clause, para

CLAUSES = (
    clause(
        "exclusivity", "排他期", "Exclusivity",
        para(
            "自双方签署之日起{exclusivity.days}内，制片方不就作品与任何第三方洽谈、接受或签署可替代本次投资的安排，并应将收到的要约告知投资方。",
            "For {exclusivity.days} from signature the Producer neither discusses, accepts nor signs with any third party an arrangement that could replace this Investment, and tells the Investor of offers it receives.",
        ),
        para(
            "制片方违反前款的，应补偿投资方为本次投资实际发生的合理尽职调查与律师费用，最高{costs.cap}。",
            "If the Producer breaks this undertaking, it repays the Investor's reasonable costs of due diligence and advisers actually incurred for this Investment, up to {costs.cap}.",
            when=("exclusivity.costs_on_breach", True),
        ),
        binding=True,
    ),
    clause(
        "confidentiality", "保密", "Confidentiality",
        para(
            "双方对本条款清单的内容及由此获知的剧本、数据与商业信息保密，仅可向有必要知悉且负有同等义务的顾问、投资人与监管机构披露，期限{confidentiality.years}。",
            "Each party keeps the contents of this term sheet, and scripts, data and business information learned from it, confidential for {confidentiality.years}, disclosing them only to advisers, investors and authorities who need to know and are equally bound.",
        ),
        para(
            "依法必须披露的，应事先通知对方并将披露限于必要范围。",
            "If the law requires disclosure, the other party is told beforehand and disclosure is kept to what is necessary.",
        ),
        binding=True,
    ),
    clause(
        "costs", "费用与税", "Costs and taxes",
        para(
            "双方各自承担尽职调查、律师及谈判费用。",
            "Each party bears its own costs of due diligence, advisers and negotiation.",
            when=("costs.bearer", "each"),
        ),
        para(
            "交割完成的，制片方承担投资方合理的尽职调查与律师费用，最高{costs.cap}；未完成的，各自承担。",
            "On closing the Producer covers the Investor's reasonable costs of due diligence and advisers up to {costs.cap}; without closing each party bears its own.",
            when=("costs.bearer", "producer"),
        ),
        para(
            "各方依法承担各自的税款；法律要求代扣代缴的，付款方应提供完税凭证。",
            "Each party bears its own taxes; where the law requires withholding, the payer provides the certificate.",
        ),
        binding=True,
    ),
    clause(
        "assignment", "转让", "Assignment",
        para(
            "未经对方书面同意，任何一方不得转让其在本条款清单项下的地位；投资方可向其关联方或其管理的基金转让，但应事先通知并对其履行承担责任。",
            "Neither party transfers its position without the other's written consent, except that the Investor may, on notice and remaining liable, transfer to an affiliate or a fund under its management.",
        ),
        binding=True,
    ),
    clause(
        "notices", "通知与签署", "Notices and signature",
        para(
            "通知应以书面形式经平台消息、电子邮件或快递送达双方在平台登记的地址；经平台或电子邮件发送的，以进入对方系统时为送达，快递以签收为送达。",
            "Notices are in writing, through the platform, by e-mail or by courier, to the addresses registered on the platform. By platform or e-mail they arrive when they enter the other party's system, by courier when signed for.",
        ),
        para(
            "本条款清单可以电子签名方式签署，电子签名与手写签名或盖章具有同等效力。",
            "This term sheet may be signed electronically; an electronic signature has the same effect as a signature by hand or a seal.",
        ),
        binding=True,
    ),
    clause("additional", "其他约定", "Additional terms", generated="additional"),
    clause(
        "law", "适用法律与语言", "Governing law and language",
        para(
            "本条款清单及最终协议适用{law.governing}。",
            "This term sheet and the definitive agreements are governed by {law.governing}.",
        ),
        para(
            "中英文文本不一致的，以{law.prevailing}文本为准。",
            "If the Chinese and English texts differ, the {law.prevailing} text prevails.",
        ),
        binding=True,
    ),
    clause(
        "arbitration", "争议解决", "Arbitration",
        para(
            "因本条款清单产生或与之有关的争议，双方应先行协商；三十日内协商不成的，提交{law.institution}按申请时有效的仲裁规则在{law.seat}仲裁，仲裁庭由{law.arbitrators}仲裁员组成，裁决为终局并对双方具有约束力。",
            "Disputes arising from or connected with this term sheet are first discussed between the parties. If not settled within thirty days, they are submitted to {law.institution} for arbitration in {law.seat} under its rules in force at the time, before a tribunal of {law.arbitrators}; the award is final and binds both parties.",
        ),
        binding=True,
    ),
    clause(
        "validity", "有效期与最终协议", "Validity and definitive agreements",
        para(
            "本条款清单在{validity.until}前经双方签署方为有效；逾期自动失效，已签署的约束性条款除外。双方应自签署之日起三十日内据此订立最终协议。",
            "This term sheet is open for signature until {validity.until} and then lapses, save for binding clauses already signed. The parties conclude the definitive agreements on its basis within thirty days of signature.",
        ),
        para(
            "投资以尽职调查结果令投资方满意、投资方内部批准及最终协议签署为前提。",
            "The Investment is subject to due diligence satisfactory to the Investor, its internal approvals and signature of the definitive agreements.",
        ),
    ),
    clause(
        "status", "约束力", "Binding effect",
        para(
            "除下列条款及本条外，本条款清单仅表达双方意向，不具有法律约束力：{binding.clauses}。",
            "Except for the following clauses and this one, this term sheet states intentions only and does not bind: {binding.clauses}.",
        ),
        para(
            "本条款清单的版本以页脚版本编号为准；签署后取代双方此前就同一事项的一切往来。",
            "The version code in the footer identifies this version; once signed it replaces all earlier exchanges on the same subject.",
        ),
        binding=True,
    ),
)  # fmt: skip

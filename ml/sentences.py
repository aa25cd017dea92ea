"""The one table of what reasons say, English and Chinese, for the site and for files ranked without it. Plain texts, no numpy."""

from collections.abc import Collection

Pair = tuple[str, str]  # English, Chinese
PARAMETERS = ("terms", "evidence_class", "words", "one", "credits", "ask", "ticket", "limit", "min_ticket")
# Code → sentences, the most telling first; one whose parameters are not all known is passed over.
SENTENCES: dict[str, tuple[tuple[str, str], ...]] = {
    "genre_match": (("Genres you like: %(terms)s", "您喜欢的题材：%(terms)s"),),
    "genre_dislike": (("Genres you would rather not have: %(terms)s", "您不太想要的题材：%(terms)s"),),
    "language_match": (("Languages you like: %(terms)s", "您喜欢的语言：%(terms)s"),),
    "language_dislike": (("Languages you would rather not have: %(terms)s", "您不太想要的语言：%(terms)s"),),
    "region_match": (("Regions you like: %(terms)s", "您喜欢的地区：%(terms)s"),),
    "region_dislike": (("Regions you would rather not have: %(terms)s", "您不太想要的地区：%(terms)s"),),
    "stage_fit": (("A stage you like: %(terms)s", "您喜欢的阶段：%(terms)s"),),
    "stage_dislike": (("A stage you would rather not have: %(terms)s", "您不太想要的阶段：%(terms)s"),),
    "instrument_match": (("Ways to invest you like: %(terms)s", "您喜欢的投资方式：%(terms)s"),),
    "instrument_dislike": (
        ("Ways to invest you would rather not have: %(terms)s", "您不太想要的投资方式：%(terms)s"),
    ),
    "ask_fit": (
        ("Ask %(ask)s suits your ticket %(ticket)s", "融资额 %(ask)s 与您的单笔金额 %(ticket)s 相称"),
        ("Ask %(ask)s suits your limit %(limit)s", "融资额 %(ask)s 与您的上限 %(limit)s 相称"),
        ("The ask suits your ticket", "融资额与您的单笔金额相称"),
    ),
    "ask_near_above": (
        (
            "Ask %(ask)s is within reach of your ticket %(ticket)s",
            "融资额 %(ask)s 高于与您单笔金额 %(ticket)s 相称的范围，但相差不远",
        ),
        (
            "Ask %(ask)s is within reach of your limit %(limit)s",
            "融资额 %(ask)s 高于与您上限 %(limit)s 相称的范围，但相差不远",
        ),
        ("The ask is within reach of your ticket", "融资额高于与您单笔金额相称的范围，但相差不远"),
    ),
    "ask_near_below": (
        (
            "Ask %(ask)s is a little below your ticket %(ticket)s",
            "融资额 %(ask)s 略低于您的单笔金额 %(ticket)s",
        ),
        ("Ask %(ask)s is a little below your limit %(limit)s", "融资额 %(ask)s 略低于您的上限 %(limit)s"),
        ("The ask is a little below your ticket", "融资额略低于您的单笔金额"),
    ),
    "ask_above_ticket": (
        ("Ask %(ask)s is far above your ticket %(ticket)s", "融资额 %(ask)s 远高于您的单笔金额 %(ticket)s"),
        ("Ask %(ask)s is far above your limit %(limit)s", "融资额 %(ask)s 远高于您的上限 %(limit)s"),
        ("The ask is far above your ticket", "融资额远高于您的单笔金额"),
    ),
    "ask_below_ticket": (
        ("Ask %(ask)s is far below your ticket %(ticket)s", "融资额 %(ask)s 远低于您的单笔金额 %(ticket)s"),
        ("Ask %(ask)s is far below your limit %(limit)s", "融资额 %(ask)s 远低于您的上限 %(limit)s"),
        ("The ask is far below your ticket", "融资额远低于您的单笔金额"),
    ),
    "min_ticket_fit": (("The smallest ticket is within your limit", "起投额在您的上限之内"),),
    "min_ticket_above_limit": (
        (
            "Smallest ticket %(min_ticket)s is above your limit %(limit)s",
            "起投额 %(min_ticket)s 高于您的上限 %(limit)s",
        ),
        ("The smallest ticket is above your limit", "起投额高于您的上限"),
    ),
    "text_similarity": (
        ("Close to your words: %(words)s", "与您的描述接近：%(words)s"),
        ("Story close to your words", "故事与您的描述接近"),
    ),
    "text_difference": (("Story far from your words", "故事与您的描述相去较远"),),
    "history_genre": (
        ("Genres like those you chose before: %(terms)s", "与您以往选择的题材相同：%(terms)s"),
    ),
    "history_genre_unlike": (
        ("Genres like those you passed on: %(terms)s", "与您以往略过的题材相同：%(terms)s"),
    ),
    "history_language": (
        ("Languages like those you chose before: %(terms)s", "与您以往选择的语言相同：%(terms)s"),
    ),
    "history_language_unlike": (
        ("Languages like those you passed on: %(terms)s", "与您以往略过的语言相同：%(terms)s"),
    ),
    "history_region": (
        ("Regions like those you chose before: %(terms)s", "与您以往选择的地区相同：%(terms)s"),
    ),
    "history_region_unlike": (
        ("Regions like those you passed on: %(terms)s", "与您以往略过的地区相同：%(terms)s"),
    ),
    "history_stage": (
        ("A stage like those you chose before: %(terms)s", "与您以往选择的阶段相同：%(terms)s"),
    ),
    "history_stage_unlike": (
        ("A stage like those you passed on: %(terms)s", "与您以往略过的阶段相同：%(terms)s"),
    ),
    "history_ask": (
        ("Ask %(ask)s is of the size you chose before", "融资额 %(ask)s 与您以往选择的规模相当"),
        ("An ask of the size you chose before", "融资额与您以往选择的规模相当"),
    ),
    "history_ask_unlike": (
        ("Ask %(ask)s is not of the size you chose before", "融资额 %(ask)s 与您以往选择的规模不同"),
        ("An ask not of the size you chose before", "融资额与您以往选择的规模不同"),
    ),
    "history_text": (("Story like those you chose before", "故事与您以往选择的相近"),),
    "history_text_unlike": (("Story unlike those you chose before", "故事与您以往选择的不同"),),
    "team_credits": (
        ("The team has %(one)s credit", "团队共有 %(one)s 部作品"),
        ("The team has %(credits)s credits", "团队共有 %(credits)s 部作品"),
        ("The team has credits", "团队有过往作品"),
    ),
    "track_record": (
        ("Earlier works, evidence: %(evidence_class)s", "有过往作品，证据：%(evidence_class)s"),
    ),
    "traction": (
        ("Plays of earlier works, evidence: %(evidence_class)s", "过往作品播放量，证据：%(evidence_class)s"),
    ),
    "review_passed": (("The script passed content review", "剧本已通过内容审核"),),
    "scenes_available": (("Scenes it needs are available in the park", "所需场景园区可提供"),),
    "freshness": (("Recently published", "近期发布"),),
    "attention": (("Other investors look at it", "其他投资方也在关注"),),
}

# Stages, instruments and classes of evidence, as the site names them.
NAMES: dict[str, Pair] = {
    "development": ("Development", "开发中"),
    "financing": ("Financing", "融资中"),
    "pre_production": ("Pre-production", "筹备中"),
    "production": ("Production", "制作"),
    "post_production": ("Post-production", "后期"),
    "released": ("On release", "已上线"),
    "equity": ("Equity", "股权投资"),
    "revenue_share": ("Net revenue share", "净收益分成"),
    "loan": ("Loan", "借款"),
    "presale": ("Presale", "预售"),
    "minimum_guarantee": ("Minimum guarantee", "保底"),
    "platform_statement": ("Platform statement", "平台结算单"),
    "platform_api": ("Platform data", "平台接口数据"),
    "third_party": ("Third-party ranking", "第三方榜单"),
    "self_reported": ("Self-reported", "自报"),
}


def choose(code: str, known: Collection[str]) -> tuple[Pair, tuple[str, ...]]:
    """The most telling sentence for a code whose parameters are all known, and which these are.

    When none is, the last one without its enumeration. KeyError for a code that has no sentence.
    """
    for pair in SENTENCES[code]:
        wanted = tuple(name for name in PARAMETERS if f"%({name})s" in pair[0])
        if set(wanted) <= set(known):
            return pair, wanted
    english, chinese = SENTENCES[code][-1]
    return (english.partition(":")[0], chinese.partition("：")[0]), ()

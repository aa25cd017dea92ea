"""Reasons in words, Chinese and English, for files that are read without the app."""

from ml.columns import ZERO_DECIMAL
from ml.rank import Reason

TEMPLATES = {
    "genre_match": ("genres asked for: {terms}", "符合题材偏好：{terms}"),
    "genre_dislike": ("genres not wanted: {terms}", "含不偏好的题材：{terms}"),
    "language_match": ("language asked for: {terms}", "符合语言偏好：{terms}"),
    "language_dislike": ("language not wanted: {terms}", "含不偏好的语言：{terms}"),
    "region_match": ("place asked for: {terms}", "符合地区偏好：{terms}"),
    "region_dislike": ("place not wanted: {terms}", "含不偏好的地区：{terms}"),
    "stage_fit": ("stage asked for: {terms}", "符合阶段偏好：{terms}"),
    "stage_dislike": ("stage not wanted: {terms}", "不偏好的阶段：{terms}"),
    "instrument_match": ("instrument asked for: {terms}", "符合投资方式偏好：{terms}"),
    "instrument_dislike": ("instrument not wanted: {terms}", "不偏好的投资方式：{terms}"),
    "ask_fit": ("the ask {ask} suits the ticket {ticket}", "融资额{ask}与单笔金额{ticket}相称"),
    "ask_above_ticket": (
        "the ask {ask} is large for the ticket {ticket}",
        "融资额{ask}相对单笔金额{ticket}偏高",
    ),
    "ask_below_ticket": (
        "the ask {ask} is small for the ticket {ticket}",
        "融资额{ask}相对单笔金额{ticket}偏低",
    ),
    "min_ticket_fit": ("the smallest ticket is within the limit", "起投额在上限之内"),
    "min_ticket_above_limit": ("the smallest ticket is above the limit per project", "起投额高于单项目上限"),
    "text_similarity": ("the text is close to the description", "文本与描述相近"),
    "text_difference": ("the text is far from the description", "文本与描述相远"),
    "history_genre": ("genres backed or saved before: {terms}", "与以往关注的题材相同：{terms}"),
    "history_genre_unlike": ("genres passed on before: {terms}", "与以往放弃的题材相同：{terms}"),
    "history_language": ("language of earlier choices: {terms}", "与以往关注的语言相同：{terms}"),
    "history_language_unlike": ("language of projects passed on: {terms}", "与以往放弃的语言相同：{terms}"),
    "history_region": ("place of earlier choices: {terms}", "与以往关注的地区相同：{terms}"),
    "history_region_unlike": ("place of projects passed on: {terms}", "与以往放弃的地区相同：{terms}"),
    "history_stage": ("stage of earlier choices: {terms}", "与以往关注的阶段相同：{terms}"),
    "history_stage_unlike": ("stage of projects passed on: {terms}", "与以往放弃的阶段相同：{terms}"),
    "history_ask": ("size of earlier choices", "规模与以往关注的项目相近"),
    "history_ask_unlike": ("size unlike earlier choices", "规模与以往关注的项目不同"),
    "history_text": ("text close to earlier choices", "文本与以往关注的项目相近"),
    "history_text_unlike": ("text close to projects passed on", "文本与以往放弃的项目相近"),
    "team_credits": ("credits of the team", "主创作品经验"),
    "track_record": ("earlier works ({evidence})", "过往作品（{evidence}）"),
    "traction": ("plays of earlier works ({evidence})", "过往作品播放量（{evidence}）"),
    "review_passed": ("the script has passed review", "剧本已过审"),
    "scenes_available": ("the scenes it needs are available", "所需场景可用"),
    "freshness": ("new on the platform", "新近发布"),
    "attention": ("noticed by investors", "受投资方关注"),
}
EVIDENCE = {
    "platform_statement": ("platform statement", "平台结算单"),
    "platform_api": ("platform data", "平台数据"),
    "third_party": ("third party", "第三方榜单"),
    "self_reported": ("self-reported", "自报"),
}


def money_text(money: object) -> str:
    """`1,200,000 CNY`; `?` when unknown."""
    if not isinstance(money, dict):
        return "?"
    digits = 0 if money["currency"] in ZERO_DECIMAL else 2
    major, rest = divmod(money["amount_minor"], 10**digits)
    cents = f".{rest:0{digits}d}" if rest else ""
    return f"{major:,}{cents} {money['currency']}"


def sentence(reason: Reason, language: str, names: dict[str, tuple[str, str]]) -> str:
    """One reason in `en` or `zh`, with its share of the logit; `names` gives (en, zh) of genre terms."""
    number = 1 if language == "zh" else 0
    params = reason.params
    terms = [names[term][number] if term in names else term for term in params.get("terms", ())]
    evidence = EVIDENCE.get(params.get("evidence_class", ""), ("", ""))[number]
    text = TEMPLATES[reason.code][number].format(
        terms=("、" if number else ", ").join(terms),
        ask=money_text(params.get("ask")),
        ticket=money_text(params.get("ticket") or params.get("limit")),
        evidence=evidence,
    )
    return f"{text} ({reason.contribution:+.2f})" if number == 0 else f"{text}（{reason.contribution:+.2f}）"

"""The rules of a pitch, written once for form, API, import and term sheets: `ProjectIn`; and what publishing needs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails

from dealflow.core.errors import FieldError
from dealflow.core.i18n import N_, locale
from dealflow.core.money import CURRENCIES, Money, show
from dealflow.core.schema import Date, Distinct, MoneyIn, Ref, Schema, Text, rule
from dealflow.pitches.vocabulary import is_language, is_region

Stage = Literal["development", "financing", "pre_production", "production", "post_production", "released"]
Instrument = Literal["equity", "revenue_share", "loan", "presale", "minimum_guarantee"]
FundKind = Literal["production", "ad_spend", "cast", "post", "music", "legal", "contingency", "other"]
Evidence = Literal["platform_statement", "platform_api", "third_party", "self_reported"]
Visibility = Literal["private", "invited", "investors"]
Status = Literal["draft", "published", "withdrawn", "archived"]
MAX_PLAYS = 10**12


def _language(tag: str) -> str:
    if not is_language(tag):
        raise rule("unknown_language", N_("Use a language tag such as zh, en or zh-Hant"))
    return tag


def _region(code: str) -> str:
    if not is_region(code):
        raise rule("unknown_region", N_("Use a country such as CN or a region such as CN-ZJ"))
    return code


def https_address(url: str) -> str:
    """An address on the open web that a reader may follow: https, a host name, no credentials."""
    try:
        parts = urlsplit(url)
        fine = parts.scheme == "https" and "." in (parts.hostname or "") and "@" not in parts.netloc
        fine = fine and not any(c.isspace() for c in url) and parts.port in (None, 443)
    except ValueError:
        fine = False
    if not fine:
        raise rule("wrong_address", N_("Use an address that begins with https://"))
    return url


class Title(Schema):
    """A title in Chinese, English or both."""

    zh: Text(200) | None = None  # type: ignore[valid-type]
    en: Text(200) | None = None  # type: ignore[valid-type]


class Audience(Schema):
    """For whom it is made; `ages` from and to."""

    gender: Literal["female", "male", "all"] | None = None
    ages: Annotated[list[Annotated[int, Field(ge=0, le=120)]], Field(min_length=2, max_length=2)] | None = (
        None
    )

    @field_validator("ages")
    @classmethod
    def in_order(cls, ages: list[int] | None) -> list[int] | None:
        if ages and ages[0] > ages[1]:
            raise rule("out_of_order", N_("The first age cannot be above the second"))
        return ages


class Format(Schema):
    """Length and orientation."""

    episodes: Annotated[int, Field(ge=1, le=500)] | None = None
    minutes_per_episode: Annotated[float, Field(gt=0, le=300, allow_inf_nan=False)] | None = None
    orientation: Literal["vertical", "horizontal"] | None = None


class FundLine(Schema):
    """One line of the use of funds."""

    label: Text(200, least=1)  # type: ignore[valid-type]
    kind: FundKind
    amount: MoneyIn


class Member(Schema):
    """One of the team; `credits` counts produced works."""

    name: Text(100, least=1)  # type: ignore[valid-type]
    role: Text(100) = ""  # type: ignore[valid-type]
    credits: Annotated[int, Field(ge=0, le=10_000)] = 0


class Work(Schema):
    """An earlier work, with figures and the class of evidence for them."""

    title: Text(200, least=1)  # type: ignore[valid-type]
    year: Annotated[int, Field(ge=1900, le=2200)]
    plays: Annotated[int, Field(ge=0, le=MAX_PLAYS)] | None = None
    receipts: MoneyIn | None = None
    evidence_class: Evidence


class Schedule(Schema):
    """The dates, in this order where they are given."""

    prep: Date | None = None
    shoot_start: Date | None = None
    shoot_end: Date | None = None
    release: Date | None = None

    @field_validator("shoot_start", "shoot_end", "release")
    @classmethod
    def in_order(cls, day: date | None, info: ValidationInfo) -> date | None:
        last = max((known for known in info.data.values() if known is not None), default=None)
        if day is not None and last is not None and day < last:
            raise rule("out_of_order", N_("This date cannot lie before %(date)s"), date=str(last))
        return day


class Hook(Schema):
    """A turn at the end of an episode, or the card from which payment starts."""

    episode: Annotated[int, Field(ge=1, le=500)]
    kind: Literal["hook", "paywall_card"]
    note: Text(500) = ""  # type: ignore[valid-type]


Term = Text(40, least=1)
Tag = Annotated[str, Field(max_length=35), AfterValidator(_language)]
Region = Annotated[str, Field(max_length=6), AfterValidator(_region)]


class ProjectIn(Schema):
    """A pitch as it is sent. A draft may leave everything out."""

    title: Title = Title()
    logline: Text(300) | None = None  # type: ignore[valid-type]
    synopsis: Text(10_000) | None = None  # type: ignore[valid-type]
    genres: Annotated[list[Term], Field(max_length=10), Distinct] = []  # type: ignore[valid-type]
    audience: Audience | None = None
    languages: Annotated[list[Tag], Field(max_length=20), Distinct] = []
    regions: Annotated[list[Region], Field(max_length=60), Distinct] = []
    format: Format | None = None
    stage: Stage | None = None
    budget: MoneyIn | None = None
    ask: MoneyIn | None = None
    min_ticket: MoneyIn | None = None
    instruments: Annotated[list[Instrument], Distinct] = []
    use_of_funds: Annotated[list[FundLine], Field(max_length=200)] = []
    team: Annotated[list[Member], Field(max_length=100)] = []
    track_record: Annotated[list[Work], Field(max_length=100)] = []
    comparables: Annotated[list[Text(200, least=1)], Field(max_length=20), Distinct] = []  # type: ignore[valid-type]
    schedule: Schedule | None = None
    scenes_needed: Annotated[list[Text(100, least=1)], Field(max_length=60), Distinct] = []  # type: ignore[valid-type]
    hooks: Annotated[list[Hook], Field(max_length=1000)] = []
    visibility: Visibility = "private"
    sample_episode_url: Annotated[Text(1000), AfterValidator(https_address)] | None = None  # type: ignore[valid-type]
    external_id: Text(100, least=1) | None = None  # type: ignore[valid-type]
    status: Status | None = None

    @field_validator("hooks")
    @classmethod
    def in_place(cls, hooks: list[Hook], info: ValidationInfo) -> list[Hook]:
        if found := list(_hooks_in_place(hooks, info.data.get("format"))):
            raise ValidationError.from_exception_data("ProjectIn", found)
        return hooks


def _problem(loc: tuple[str | int, ...], code: str, message: str, **params: Any) -> InitErrorDetails:
    return InitErrorDetails(type=rule(code, message, **params), loc=loc, input=None)


def _hooks_in_place(hooks: list[Hook], form: Format | None) -> Iterable[InitErrorDetails]:
    episodes = form.episodes if form else None
    seen: set[tuple[int, str]] = set()
    for at, hook in enumerate(hooks):
        if episodes is not None and hook.episode > episodes:
            message = N_("There are only %(episodes)s episodes")
            yield _problem((at, "episode"), "beyond_last_episode", message, episodes=episodes)
        if (hook.episode, hook.kind) in seen:
            yield _problem((at, "episode"), "duplicate", N_("This episode already has a card of this kind"))
        seen.add((hook.episode, hook.kind))


class ProjectOut(ProjectIn):
    """A pitch as it is shown."""

    id: Ref("prj")  # type: ignore[valid-type]
    version: int
    created_at: str
    updated_at: str
    organisation_id: Ref("org")  # type: ignore[valid-type]
    organisation_name: str
    status: Status
    published_at: str | None
    published_version: int | None
    poster_url: str | None
    is_sample: bool


class VersionOut(Schema):
    """A version of a pitch: what it said, who saved it and when."""

    number: int
    published: bool
    created_at: str
    by: str
    data: dict[str, Any]


class ChangeOut(Schema):
    """One difference between two versions; `before` or `after` is null for what was added or removed."""

    field: str
    label: str
    before: str | None
    after: str | None


class GenreIn(Schema):
    """A genre that the park adds."""

    term: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,38}$")]
    zh: Text(40, least=1)  # type: ignore[valid-type]
    en: Text(60, least=1)  # type: ignore[valid-type]
    facet: Literal["audience", "setting", "trope", "tone", "theme", "format", "overseas"]
    review_note: Text(200) = ""  # type: ignore[valid-type]


class GenreOut(GenreIn):
    """A genre of the vocabulary."""


def sum_problem(lines: list[dict[str, Any]], ask: Money | None) -> FieldError | None:
    """What keeps the use of funds from being exactly the ask, to the minor unit; None when it is."""
    if not lines:
        return FieldError("use_of_funds", "required", N_("Say what the money is for, line by line"))
    if ask is None:
        return None
    foreign = [at for at, line in enumerate(lines) if line["amount"]["currency"] != ask.currency]
    if foreign:
        return FieldError(
            f"use_of_funds.{foreign[0]}.amount", "currency_mismatch", N_("Use the currency of the ask, %(currency)s"),
            {"currency": ask.currency},
        )  # fmt: skip
    total = sum(line["amount"]["amount_minor"] for line in lines)
    if total == ask.amount_minor:
        return None
    params = {"total": exact(total, ask.currency), "ask": show(ask), "off": exact(abs(total - ask.amount_minor), ask.currency)}  # fmt: skip
    if total < ask.amount_minor:
        message = N_(
            "The lines add up to %(total)s, the ask is %(ask)s: %(off)s is missing. Add it to a line or lower the ask"
        )
    else:
        message = N_(
            "The lines add up to %(total)s, the ask is %(ask)s: %(off)s too much. Take it off a line or raise the ask"
        )
    return FieldError("use_of_funds", "sum_differs", message, params)


def exact(minor: int, currency: str) -> str:
    """An amount as text, also above the limit of a single amount (the sum of many lines)."""
    from babel.numbers import format_currency

    return format_currency(Decimal(minor).scaleb(-CURRENCIES[currency]), currency, locale=locale())


def missing_for_publication(project: Any) -> list[FieldError]:
    """What still keeps a pitch from being published, each with its field. `project`: a Project or a dict of it."""

    def value(name: str) -> Any:
        return project.get(name) if isinstance(project, dict) else getattr(project, name)

    def money(name: str) -> Money | None:
        found = value(name)
        return Money(**found) if isinstance(found, dict) else found

    title = value("title") if isinstance(project, dict) else {"zh": project.title_zh, "en": project.title_en}
    found = []

    def need(field: str, there: Any, message: str) -> None:
        if not there:
            found.append(FieldError(field, "required", message))

    need(
        "title", (title or {}).get("zh") or (title or {}).get("en"), N_("Give a title in Chinese or English")
    )
    need("logline", value("logline"), N_("Tell the story in one sentence"))
    need("genres", value("genres"), N_("Choose at least one genre"))
    need("stage", value("stage"), N_("Say how far the project is"))
    for name, message in (
        ("budget", N_("Give the whole budget")),
        ("ask", N_("Say how much money is sought")),
    ):
        amount = money(name)
        need(name, amount is not None and amount.amount_minor > 0, message)
    need("instruments", value("instruments"), N_("Choose at least one way to invest"))
    problem = sum_problem(value("use_of_funds") or [], money("ask"))
    return [*found, problem] if problem else found


def advice(project: Any) -> list[FieldError]:
    """What is allowed but looks like a slip: shown to the owner, never refused."""
    found = []
    ask, budget, ticket = project.ask, project.budget, project.min_ticket
    if ask and budget and ask.currency == budget.currency and budget < ask:
        found.append(FieldError("ask", "above_budget", N_("The ask is above the whole budget")))
    if ask and ticket and ask.currency == ticket.currency and ask < ticket:
        found.append(FieldError("min_ticket", "above_ask", N_("The smallest ticket is above the ask")))
    paid = [hook for hook in project.hooks if hook["kind"] == "paywall_card"]
    if project.hooks and not paid:
        found.append(FieldError("hooks", "no_paywall", N_("No episode carries a paywall card yet")))
    return found

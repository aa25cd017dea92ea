"""The rules of a mandate, shared by API, form and import."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealflow.core.i18n import N_
from dealflow.core.paging import Searched
from dealflow.core.schema import CurrencyCode, Distinct, MoneyIn, Schema, Text, rule
from dealflow.mandates.vocabulary import genres, words

MOST_TERMS = 200
Stage = Literal[
    "development", "financing", "pre_production", "production", "post_production", "released"
]  # fmt: skip
Instrument = Literal["equity", "revenue_share", "loan", "presale", "minimum_guarantee"]
# How different the projects of a list are from each other; left out: usual.
Diversity = Literal["off", "usual", "more"]
Weight = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


def _genre(term: str) -> str:
    if term not in genres():
        raise rule("unknown_genre", N_("“%(term)s” is not in the genre vocabulary"), term=term)
    return term


def _language(tag: str) -> str:
    if not words().is_language(tag):
        raise rule("unknown_language", N_("“%(tag)s” is not a language tag such as zh or en-US"), tag=tag)
    return tag


def _region(code: str) -> str:
    if not words().is_region(code):
        raise rule(
            "unknown_region", N_("“%(region)s” is not a region code such as CN, CN-ZJ or US"), region=code
        )
    return code


Genre = Annotated[str, Field(max_length=40), AfterValidator(_genre)]
Language = Annotated[str, Field(max_length=20), AfterValidator(_language)]
Region = Annotated[str, Field(max_length=10), AfterValidator(_region)]
Terms = Annotated[list[Genre], Field(max_length=MOST_TERMS), Distinct]


class MoneyRange(Schema):
    """Both ends included; an end left out is open. Amounts of other currencies lie outside."""

    min: MoneyIn | None = None
    max: MoneyIn | None = None

    @field_validator("max")
    @classmethod
    def _in_order(cls, value: MoneyIn | None, info: ValidationInfo) -> MoneyIn | None:
        least = info.data.get("min")
        if value is None or least is None:
            return value
        if value.currency != least.currency:
            raise rule("currency_mismatch", N_("Use the same currency for both ends"))
        if value.amount_minor < least.amount_minor:
            raise rule(
                "min_above_max",
                N_("The largest amount is below the smallest one; raise it or lower the smallest"),
            )
        return value


class Constraints(Schema):
    """What excludes a project. An empty part states nothing."""

    genres_any: Terms | None = None
    genres_none: Terms | None = None
    languages_any: Annotated[list[Language], Field(max_length=MOST_TERMS), Distinct] | None = None
    regions_any: Annotated[list[Region], Field(max_length=MOST_TERMS), Distinct] | None = None
    stages_any: Annotated[list[Stage], Field(max_length=10), Distinct] | None = None
    instruments_any: Annotated[list[Instrument], Field(max_length=10), Distinct] | None = None
    budget: MoneyRange | None = None
    ask: MoneyRange | None = None
    min_credits: Annotated[int, Field(ge=0, le=100_000)] | None = None
    review_passed: bool | None = None
    words_none: Annotated[list[Text(100, least=1)], Field(max_length=100), Distinct] | None = None  # type: ignore[valid-type]

    @field_validator("genres_none")
    @classmethod
    def _not_wanted_too(cls, value: list[str] | None, info: ValidationInfo) -> list[str] | None:
        both = set(value or ()) & set(info.data.get("genres_any") or ())
        if both:
            raise rule(
                "contradiction", N_("“%(term)s” is both asked for and excluded"), term=", ".join(sorted(both))
            )
        return value


class Preferences(Schema):
    """What ranks: weights from -1 (strongly disliked) to 1 (strongly liked)."""

    genres: Annotated[dict[Genre, Weight], Field(max_length=MOST_TERMS)] | None = None
    languages: Annotated[dict[Language, Weight], Field(max_length=MOST_TERMS)] | None = None
    regions: Annotated[dict[Region, Weight], Field(max_length=MOST_TERMS)] | None = None
    stages: dict[Stage, Weight] | None = None
    instruments: dict[Instrument, Weight] | None = None
    text: Text(2000) | None = None  # type: ignore[valid-type]
    ticket: MoneyIn | None = None
    weight_text: Weight | None = None
    diversity: Diversity | None = None


class MandateIn(Schema):
    """A mandate as it is sent."""

    name: Text(200, least=1)  # type: ignore[valid-type]
    active: bool = True
    constraints: Constraints = Constraints()
    preferences: Preferences = Preferences()
    capital: MoneyIn
    max_per_project: MoneyIn | None = None
    allow_discovery: bool = False
    external_id: Text(100, least=1) | None = None  # type: ignore[valid-type]

    @field_validator("max_per_project")
    @classmethod
    def _within_capital(cls, value: MoneyIn | None, info: ValidationInfo) -> MoneyIn | None:
        capital = info.data.get("capital")
        same = value is not None and capital is not None and value.currency == capital.currency
        if same and value.amount_minor > capital.amount_minor:  # type: ignore[union-attr]
            raise rule(
                "above_capital", N_("More per project than the whole capital; lower it or raise the capital")
            )
        return value

    def plain(self) -> dict[str, Any]:
        """JSON values; parts of constraints and preferences that state nothing are left out."""
        values = self.model_dump(mode="json")
        for part in ("constraints", "preferences"):
            values[part] = _stated(values[part])
        return values


def _stated(part: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in part.items():
        if name in ("budget", "ask") and value:
            value = {end: money for end, money in value.items() if money}
        # A weight of 0 is a statement; false, nothing and empty are none.
        if value is not None and value is not False and value not in ([], {}, ""):
            found[name] = value
    return found


class MandateOut(MandateIn):
    """A mandate as it is answered."""

    id: str
    version: int
    created_at: str
    updated_at: str


class MandateQuery(Searched):
    """Filters of the list of mandates."""

    active: Literal["true", "false"] | None = None
    currency: CurrencyCode | None = None
    sort: Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"] | None = None

"""The form of a pitch, in steps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from wtforms import (
    FieldList,
    FormField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core.errors import FieldError
from dealflow.core.forms import Form
from dealflow.core.i18n import N_, _l
from dealflow.core.money import CURRENCIES, MoneyError
from dealflow.pitches import vocabulary as words
from dealflow.pitches.typed import StepForm, Values, amount, labelled, lines, number, shown_amount
from dealflow.pitches.vocabulary import Genre


class NewForm(StepForm):
    """What a project begins with."""

    boxes: ClassVar[dict[str, str]] = {"title.zh": "title_zh", "title.en": "title_en", "title": "title_zh"}
    title_zh = StringField(_l("Title in Chinese"))
    title_en = StringField(_l("Title in English"))
    logline = TextAreaField(_l("Logline"))

    @classmethod
    def fill(cls, project: Values) -> Values:
        title = project.get("title") or {}
        return {"title_zh": title.get("zh"), "title_en": title.get("en"), "logline": project.get("logline")}

    def read(self) -> Values:
        return {
            "title": {"zh": self.text("title_zh"), "en": self.text("title_en")},
            "logline": self.text("logline"),
        }


class BasicsForm(NewForm):
    """Title, genre, for whom and where."""

    boxes: ClassVar[dict[str, str]] = NewForm.boxes | {
        "audience.gender": "gender", "audience.ages": "age_from", "audience": "gender", "languages": "languages",
    }  # fmt: skip
    genres = SelectMultipleField(_l("Genres"), validate_choice=False)
    stage = SelectField(
        _l("Stage"), choices=labelled(words.STAGES, N_("Choose a stage")), validate_choice=False
    )
    gender = SelectField(
        _l("Audience"), choices=labelled(words.GENDERS, N_("Not stated")), validate_choice=False
    )
    age_from = StringField(_l("Age from"))
    age_to = StringField(_l("Age to"))
    languages = SelectMultipleField(_l("Languages"), validate_choice=False)
    regions = SelectMultipleField(_l("Regions"), validate_choice=False)
    comparables = TextAreaField(_l("Comparable series"))

    def offer(self, genres: Mapping[str, Genre]) -> None:
        """Set the choices; what was chosen before and is in no list stays choosable."""
        places = (words.COMMON_COUNTRIES[0], *words.PROVINCES, *words.COMMON_COUNTRIES[1:])
        for field, choices in (
            (self.genres, [(genre.term, genre.name) for genre in genres.values()]),
            (self.languages, [(code, words.language_name(code)) for code in words.COMMON_LANGUAGES]),
            (self.regions, [(code, words.region_name(code)) for code in places]),
        ):
            known = {code for code, _name in choices}
            field.choices = [
                *(SelectChoice(code, name) for code, name in choices),
                *(SelectChoice(code) for code in field.data or [] if code not in known),
            ]

    @classmethod
    def fill(cls, project: Values) -> Values:
        audience = project["audience"] or {}
        ages = audience.get("ages") or ["", ""]
        return super().fill(project) | {
            "genres": project["genres"], "stage": project["stage"] or "", "gender": audience.get("gender") or "",
            "age_from": ages[0], "age_to": ages[1], "languages": project["languages"], "regions": project["regions"],
            "comparables": "\n".join(project["comparables"]),
        }  # fmt: skip

    def read(self) -> Values:
        ages: Any = [number(self.age_from.data), number(self.age_to.data)]
        if ages == [None, None]:
            ages = None
        elif None in ages:
            self.problems.append(FieldError("audience.ages", "incomplete", N_("Give both ages or none")))
            ages = None
        gender = self.gender.data or None
        return super().read() | {
            "genres": self.genres.data or [], "stage": self.stage.data or None,
            "audience": {"gender": gender, "ages": ages} if gender or ages else None,
            "languages": self.languages.data or [], "regions": self.regions.data or [],
            "comparables": lines(self.comparables.data),
        }  # fmt: skip


class HookRow(Form):
    episode = StringField(_l("Episode"))
    kind = SelectField(_l("Kind"), choices=labelled(words.HOOK_KINDS), validate_choice=False)
    note = StringField(_l("What happens"))


class StoryForm(StepForm):
    """Synopsis, episodes, hooks and paywall cards."""

    boxes: ClassVar[dict[str, str]] = {
        "format.episodes": "episodes", "format.minutes_per_episode": "minutes_per_episode", "format.orientation": "orientation",
    }  # fmt: skip
    row_columns: ClassVar[dict[str, tuple[str, ...]]] = {"hooks": ("episode", "kind", "note")}
    synopsis = TextAreaField(_l("Synopsis"))
    episodes = StringField(_l("Episodes"))
    minutes_per_episode = StringField(_l("Minutes each"))
    orientation = SelectField(
        _l("Orientation"), choices=labelled(words.ORIENTATIONS, N_("Not stated")), validate_choice=False
    )
    hooks = FieldList(FormField(HookRow), label=_l("Hooks and paywall cards"), max_entries=1000)

    @classmethod
    def fill(cls, project: Values) -> Values:
        form = project["format"] or {}
        minutes = form.get("minutes_per_episode")
        return {
            "synopsis": project["synopsis"], "episodes": form.get("episodes"), "orientation": form.get("orientation") or "",
            "minutes_per_episode": f"{minutes:g}" if minutes is not None else None, "hooks": project["hooks"] or [{}],
        }  # fmt: skip

    def read(self) -> Values:
        form = {
            "episodes": number(self.episodes.data), "minutes_per_episode": number(self.minutes_per_episode.data, _decimal),
            "orientation": self.orientation.data or None,
        }  # fmt: skip
        hooks = self.rows("hooks", lambda row: row | {"episode": number(row["episode"])})
        return {
            "synopsis": self.text("synopsis"),
            "format": form if any(v is not None for v in form.values()) else None,
            "hooks": hooks,
        }


def _decimal(text: str) -> float:
    # float() would read "inf", "nan" and "1e3" too, which nobody types as minutes.
    if not re.fullmatch(r"\d{1,6}(\.\d{1,4})?", text):
        raise ValueError(text)
    return float(text)


class FundRow(Form):
    label = StringField(_l("Line"))
    kind = SelectField(_l("Kind"), choices=labelled(words.FUND_KINDS), validate_choice=False)
    amount = StringField(_l("Amount"))


class MoneyForm(StepForm):
    """Budget, ask, use of funds."""

    row_columns: ClassVar[dict[str, tuple[str, ...]]] = {"use_of_funds": ("label", "kind", "amount")}
    currency = SelectField(
        _l("Currency"), choices=[SelectChoice(c) for c in CURRENCIES], default="CNY", validate_choice=False
    )
    budget = StringField(_l("Budget"))
    ask = StringField(_l("Ask"))
    min_ticket = StringField(_l("Smallest ticket"))
    instruments = SelectMultipleField(
        _l("Ways to invest"), choices=labelled(words.INSTRUMENTS), validate_choice=False
    )
    use_of_funds = FieldList(FormField(FundRow), label=_l("Use of funds"), max_entries=200)

    @classmethod
    def fill(cls, project: Values) -> Values:
        currency = next(
            (project[n]["currency"] for n in ("ask", "budget", "min_ticket") if project[n]), "CNY"
        )
        return {
            "currency": currency,
            **{name: shown_amount(project[name], currency) for name in ("budget", "ask", "min_ticket")},
            "instruments": project["instruments"],
            "use_of_funds": [
                row | {"amount": shown_amount(row["amount"], currency)} for row in project["use_of_funds"]
            ]
            or [{}],
        }

    def read(self) -> Values:
        currency = self.currency.data or "CNY"
        if currency not in CURRENCIES:
            self.problems.append(
                FieldError(
                    "currency",
                    "unknown_currency",
                    N_("This currency is not known; use a code such as CNY, USD or EUR"),
                )
            )
            currency = "CNY"
        return {
            **{name: self.money(name, currency) for name in ("budget", "ask", "min_ticket")},
            "instruments": self.instruments.data or [],
            "use_of_funds": self.rows(
                "use_of_funds", lambda row: row | {"amount": _required_amount(row["amount"], currency)}
            ),
        }


def _required_amount(text: str, currency: str) -> dict[str, Any]:
    found = amount(text, currency)
    if found is None:
        raise MoneyError("required", N_("Enter an amount such as 450,000 or 45万"))
    return found


class MemberRow(Form):
    name = StringField(_l("Name"))
    role = StringField(_l("Role"))
    credits = StringField(_l("Credits"))


class WorkRow(Form):
    title = StringField(_l("Title"))
    year = StringField(_l("Year"))
    plays = StringField(_l("Plays"))
    receipts = StringField(_l("Receipts"))
    evidence_class = SelectField(_l("Evidence"), choices=labelled(words.EVIDENCE), validate_choice=False)


class TeamForm(StepForm):
    """People and earlier works."""

    row_columns: ClassVar[dict[str, tuple[str, ...]]] = {
        "team": ("name", "role", "credits"), "track_record": ("title", "year", "plays", "receipts", "evidence_class"),
    }  # fmt: skip
    team = FieldList(FormField(MemberRow), label=_l("Team"), max_entries=100)
    track_record = FieldList(FormField(WorkRow), label=_l("Track record"), max_entries=100)

    @classmethod
    def fill(cls, project: Values) -> Values:
        works = [w | {"receipts": shown_amount(w["receipts"], "CNY")} for w in project["track_record"]]
        return {"team": project["team"] or [{}], "track_record": works or [{}]}

    def read(self) -> Values:
        return {
            "team": self.rows("team", lambda row: row | {"credits": number(row["credits"] or "0")}),
            "track_record": self.rows(
                "track_record",
                lambda row: (
                    row
                    | {
                        "year": number(row["year"]),
                        "plays": number(row["plays"]),
                        "receipts": amount(row["receipts"], "CNY"),
                    }
                ),
            ),
        }


class ScheduleForm(StepForm):
    """Dates and scenes."""

    boxes: ClassVar[dict[str, str]] = {f"schedule.{name}": name for name in words.DATES} | {
        "schedule": "prep"
    }
    prep = StringField(_l("Preparation"))
    shoot_start = StringField(_l("Shooting starts"))
    shoot_end = StringField(_l("Shooting ends"))
    release = StringField(_l("Release"))
    scenes_needed = TextAreaField(_l("Scenes needed"))

    @classmethod
    def fill(cls, project: Values) -> Values:
        days = {name: (project["schedule"] or {}).get(name) for name in words.DATES}
        return {**days, "scenes_needed": "\n".join(project["scenes_needed"])}

    def read(self) -> Values:
        days = {name: self.text(name) for name in words.DATES}
        return {
            "schedule": days if any(days.values()) else None,
            "scenes_needed": lines(self.scenes_needed.data),
        }


class VisibilityForm(StepForm):
    """Who sees it, and a look at an episode."""

    visibility = RadioField(_l("Visibility"), choices=labelled(words.VISIBILITIES), validate_choice=False)
    sample_episode_url = StringField(_l("Link to a sample episode"))

    @classmethod
    def fill(cls, project: Values) -> Values:
        return {"visibility": project["visibility"], "sample_episode_url": project["sample_episode_url"]}

    def read(self) -> Values:
        return {
            "visibility": self.visibility.data or "private",
            "sample_episode_url": self.text("sample_episode_url"),
        }


STEPS: dict[str, tuple[str, type[StepForm]]] = {
    "basics": (N_("Basics"), BasicsForm),
    "story": (N_("Story and episodes"), StoryForm),
    "money": (N_("Money and use of funds"), MoneyForm),
    "team": (N_("Team and track record"), TeamForm),
    "schedule": (N_("Schedule and scenes"), ScheduleForm),
    "visibility": (N_("Visibility and preview"), VisibilityForm),
}
# Field of the pitch → the step that holds it.
STEP_OF = {
    **dict.fromkeys(("title", "logline", "genres", "stage", "audience", "languages", "regions", "comparables"), "basics"),
    **dict.fromkeys(("synopsis", "format", "hooks"), "story"),
    **dict.fromkeys(("budget", "ask", "min_ticket", "instruments", "use_of_funds"), "money"),
    **dict.fromkeys(("team", "track_record"), "team"),
    **dict.fromkeys(("schedule", "scenes_needed"), "schedule"),
    **dict.fromkeys(("visibility", "sample_episode_url"), "visibility"),
}  # fmt: skip

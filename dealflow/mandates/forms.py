"""The mandate form: typed texts to the interface's form and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from wtforms import BooleanField, Field, IntegerField, SelectField, StringField, TextAreaField, validators
from wtforms.fields import SelectChoice  # type: ignore[attr-defined]  # the stubs lag behind

from dealflow.core.errors import FieldError
from dealflow.core.forms import AmountField, ChipsField, Form, currency_field, empty_to_none
from dealflow.core.i18n import N_, _l, gettext
from dealflow.mandates import wording
from dealflow.mandates.schemas import MandateIn
from dealflow.mandates.vocabulary import genres, words

NEVER = "never"
WEIGHTS = (
    ("1.0", N_("Strongly like")),
    ("0.5", N_("Like")),
    ("-0.5", N_("Dislike")),
    ("-1.0", N_("Strongly dislike")),
)
_MONEY = ("capital", "max_per_project", "ticket", "budget_min", "budget_max", "ask_min", "ask_max")
_LISTS = ("genres_any", "languages_any", "regions_any", "stages_any", "instruments_any")
_LIKED = ("genres", "stages", "languages")


class WeightsField(Field):
    """Liking of terms: inputs `<name>-<term>`; `data` is {term: weight}, `never` lists what is excluded."""

    def __init__(self, label: Any = None, **kwargs: Any) -> None:
        super().__init__(label, **kwargs)
        self.never: list[str] = []

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        self.process_errors, self.errors, self.raw_data = [], (), None
        self.data, self.never = dict(data or {}), []
        if not formdata:
            return
        head = f"{self.name}-"
        typed = {name[len(head) :]: formdata.get(name) for name in formdata if name.startswith(head)}
        self.never = [term for term, value in typed.items() if value == NEVER]
        self.data = {}
        for term, value in typed.items():
            if value and value != NEVER:
                if re.fullmatch(r"-?[01](\.\d{1,6})?", value):
                    self.data[term] = float(value)
                else:
                    self.process_errors.append(gettext(N_("Choose one of the steps")))

    def chosen(self, term: str) -> str:
        """The value of a term's select."""
        if term in self.never:
            return NEVER
        return str(float(self.data[term])) if term in self.data else ""

    def steps(self, term: str, *, with_never: bool = False) -> list[tuple[str, str]]:
        """Choices of a term's select; a weight between the steps, set through the API, is kept."""
        steps = [(value, gettext(label)) for value, label in WEIGHTS]
        value = self.chosen(term)
        if value and value != NEVER and value not in dict(steps):
            steps.append((value, value))
        return [("", "–"), *steps, *([(NEVER, gettext(N_("Exclude")))] if with_never else [])]


class MandateForm(Form):
    """All of a mandate."""

    name = StringField(_l("Name of the mandate"), [validators.InputRequired(_l("This is required"))])
    capital_currency = currency_field(_l("Currency"))
    capital = AmountField(_l("Capital for this mandate"), currency_name="capital_currency")
    max_per_project_currency = currency_field(_l("Currency"))
    max_per_project = AmountField(_l("Most per project"), currency_name="max_per_project_currency")
    ticket_currency = currency_field(_l("Currency"))
    ticket = AmountField(_l("Usual ticket"), currency_name="ticket_currency")
    allow_discovery = BooleanField(_l("Let creators whose project fits see our name"))
    genres_any = ChipsField(_l("One of these genres"), validate_choice=False)
    languages_any = ChipsField(_l("Languages"), validate_choice=False)
    regions_any = ChipsField(_l("Regions"), validate_choice=False)
    stages_any = ChipsField(_l("Stages"), validate_choice=False)
    instruments_any = ChipsField(_l("Instruments"), validate_choice=False)
    budget_currency = currency_field(_l("Currency"))
    budget_min = AmountField(_l("Budget from"), currency_name="budget_currency")
    budget_max = AmountField(_l("Budget up to"), currency_name="budget_currency")
    ask_currency = currency_field(_l("Currency"))
    ask_min = AmountField(_l("Ask from"), currency_name="ask_currency")
    ask_max = AmountField(_l("Ask up to"), currency_name="ask_currency")
    min_credits = IntegerField(_l("Credits of the team, at least"), [validators.Optional()])
    review_passed = BooleanField(_l("Only projects that passed content review"))
    words_none = StringField(_l("Without the words"), filters=[empty_to_none])
    genres = WeightsField(_l("Genres"))
    stages = WeightsField(_l("Stages"))
    languages = WeightsField(_l("Languages"))
    text = TextAreaField(_l("In your own words"), filters=[empty_to_none])
    weight_text = SelectField(_l("How much your words count"), validate_choice=False)
    diversity = SelectField(_l("Variety in the list"), validate_choice=False)

    def __init__(self, formdata: Any = None, content: Mapping[str, Any] | None = None) -> None:
        self.content = dict(content or {})
        super().__init__(formdata, data=_data(self.content) if content else None)
        if not formdata:
            self.genres.never = list((self.content.get("constraints") or {}).get("genres_none") or ())
        known = words()
        self.genres_any.choices = _choices((term, genre.name) for term, genre in genres().items())
        self.stages_any.choices = _choices((code, known.label(code)) for code in known.stages)
        self.instruments_any.choices = _choices((code, known.label(code)) for code in known.instruments)
        self.languages_any.choices = _choices(
            _with_own(known.languages, self.languages_any.data, known.language_name)
        )
        self.regions_any.choices = _choices(
            _with_own(known.regions, self.regions_any.data, known.region_name)
        )
        steps = [("", gettext(N_("Fully"))), ("0.5", gettext(N_("Half"))), ("0.25", gettext(N_("A little")))]
        custom = self.weight_text.data
        if custom and custom not in dict(steps):
            steps.append((custom, custom))
        self.weight_text.choices = _choices(steps)
        self.diversity.choices = _choices((code, gettext(label)) for code, label in wording.DIVERSITY.items())

    def facets(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Genres by facet: (facet's name, [(term, name)])."""
        known, grouped = words(), dict[str, list[tuple[str, str]]]()
        for term, genre in genres().items():
            grouped.setdefault(genre.facet, []).append((term, genre.name))
        return [(known.facet_name(facet), terms) for facet, terms in grouped.items()]

    def liked_choices(self, name: str) -> list[tuple[str, str]]:
        """(code, name) of what can be liked besides genres: the choices of the constraint and what was set already."""
        known = words()
        if name == "stages":
            return [(code, known.label(code)) for code in known.stages]
        return _with_own(known.languages[:8], list(self.languages.data), known.language_name)

    def constraints(self) -> dict[str, Any]:
        """The constraints as typed, in the interface's form; not yet judged."""
        found: dict[str, Any] = {name: self[name].data or [] for name in _LISTS}
        found["genres_none"] = self.genres.never
        for name in ("budget", "ask"):
            found[name] = {"min": self[f"{name}_min"].data, "max": self[f"{name}_max"].data}
        found["min_credits"] = self.min_credits.data
        found["review_passed"] = bool(self.review_passed.data)
        typed = re.split(r"[,，;；、\n]", self.words_none.data or "")
        found["words_none"] = list(dict.fromkeys(word.strip() for word in typed if word.strip()))
        return found

    def values(self) -> dict[str, Any]:
        """Everything typed, over what the form does not show (set through the API)."""
        preferences = dict(self.content.get("preferences") or {})
        preferences |= {name: self[name].data for name in _LIKED}
        preferences |= {
            "text": self.text.data,
            "ticket": self.ticket.data,
            "weight_text": float(self.weight_text.data) if self.weight_text.data else None,
            "diversity": None if self.diversity.data in (None, "", "usual") else self.diversity.data,
        }
        return self.content | {
            "name": self.name.data,
            "constraints": self.constraints(),
            "preferences": preferences,
            "capital": self.capital.data,
            "max_per_project": self.max_per_project.data,
            "allow_discovery": bool(self.allow_discovery.data),
        }

    def judged(self) -> MandateIn | None:
        """The values when they obey the rules; else None, with errors beside the fields."""
        values = self.values()
        if values["capital"] is None:
            del values["capital"]
        return self.load(MandateIn, values)

    def validate(self, extra_validators: Any = None) -> bool:
        """WTForms' own checks; a weight that is no number is one of them."""
        if self.weight_text.data and not re.fullmatch(r"-?[01](\.\d{1,6})?", self.weight_text.data):
            self.weight_text.data = ""
        return bool(super().validate(extra_validators))

    def show(self, errors: Sequence[FieldError]) -> None:
        """Refusals beside the inputs they come from."""
        super().show([FieldError(_input_of(e.field, self), e.code, e.message, e.params) for e in errors])


def _input_of(path: str, form: MandateForm) -> str:
    parts = path.split(".")
    if parts[0] in ("constraints", "preferences") and len(parts) > 1:
        for name in ("_".join(parts[1:3]), parts[1]):
            if name in form:
                return name
        return {"genres_none": "genres", "budget": "budget_min", "ask": "ask_min"}.get(parts[1], parts[1])
    return parts[0]


def _choices(pairs: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def _with_own(offered: Sequence[str], own: Any, name: Any) -> list[tuple[str, str]]:
    return [(code, name(code)) for code in dict.fromkeys([*offered, *(own or ())])]


def _data(content: Mapping[str, Any]) -> dict[str, Any]:
    """Field data of a stored mandate."""
    constraints, preferences = content["constraints"], content["preferences"]
    data: dict[str, Any] = {name: constraints.get(name) for name in (*_LISTS, "min_credits", "review_passed")}
    data |= {name: preferences.get(name) for name in (*_LIKED, "text", "ticket")}
    data |= {name: content[name] for name in ("name", "capital", "max_per_project", "allow_discovery")}
    for name in ("budget", "ask"):
        for end in ("min", "max"):
            data[f"{name}_{end}"] = (constraints.get(name) or {}).get(end)
    for name in _MONEY:
        if data.get(name):
            currency = name.partition("_")[0] if name[:4] in ("budg", "ask_") else name
            data[f"{currency}_currency"] = data[name]["currency"]
    data["words_none"] = gettext(", ").join(constraints.get("words_none") or ()) or None
    weight = preferences.get("weight_text")
    data["diversity"] = preferences.get("diversity") or "usual"
    data["weight_text"] = "" if weight is None else str(float(weight))
    return data

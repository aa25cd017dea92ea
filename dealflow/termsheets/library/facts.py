"""What a term sheet takes from the project and the parties, read strictly, errors naming the field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dealflow.termsheets.library.messages import Problem, TermSheetError, from_pydantic
from dealflow.termsheets.library.terms import Amount, Day, Section, UseLine

Short = Annotated[str, Field(max_length=300)]


class _Loose(BaseModel):
    """A project has many fields of no interest here; those of interest are checked."""

    model_config = ConfigDict(extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _absent(cls, given: Any) -> Any:
        """What a pitch leaves open is null there and takes the default here."""
        return {k: v for k, v in given.items() if v is not None} if isinstance(given, dict) else given


class Title(_Loose):
    zh: Short | None = None
    en: Short | None = None


class Format(_Loose):
    episodes: int | None = Field(default=None, ge=1, le=1000)
    minutes_per_episode: float | None = Field(default=None, gt=0, le=600)
    orientation: str | None = None


class Schedule(_Loose):
    prep: Day | None = None
    shoot_start: Day | None = None
    shoot_end: Day | None = None
    release: Day | None = None


class Member(_Loose):
    name: Short
    role: Short = ""


class Project(_Loose):
    """The project's facts that a term sheet uses."""

    title: Title
    ask: Amount
    budget: Amount | None = None
    use_of_funds: list[UseLine] = []
    format: Format = Format()
    schedule: Schedule = Schedule()
    team: list[Member] = []
    logline: Any = None

    def name(self, lang: str) -> str:
        """The title in a language, else in the other."""
        first, second = (self.title.zh, self.title.en) if lang == "zh" else (self.title.en, self.title.zh)
        return first or second or "—"

    def shape(self, lang: str) -> str:
        """`80集、每集1.5分钟的竖屏微短剧`, `a vertical micro-drama of 80 episodes of 1.5 minutes`."""
        form = self.format
        zh, en = [], []
        if form.episodes:
            zh.append(f"{form.episodes}集")
            en.append(f"of {form.episodes} episodes")
        if form.minutes_per_episode:
            zh.append(f"每集{form.minutes_per_episode:g}分钟")
            en.append(f"of {form.minutes_per_episode:g} minutes each" if form.episodes else "")
        upright = form.orientation != "horizontal"
        if lang == "zh":
            return "、".join(zh) + ("的" if zh else "") + ("竖屏微短剧" if upright else "横屏剧集")
        return " ".join(
            ["a vertical micro-drama" if upright else "a horizontal series", *(part for part in en if part)]
        )


class _Name(Section):
    zh: Short = ""
    en: Short = ""


class _Party(Section):
    name: Short | _Name
    representative: Short = ""
    title: Short = ""
    address: Short = ""
    registration_no: Annotated[str, Field(max_length=60)] = ""


@dataclass(frozen=True)
class Party:
    """One side: its names by language and who signs for it."""

    zh: str
    en: str
    representative: str = ""
    title: str = ""
    address: str = ""
    registration_no: str = ""

    def name(self, lang: str) -> str:
        """The name in a language, or in both of a document side by side ("zh+en")."""
        if lang == "zh+en" and self.en != self.zh:
            return f"{self.zh} / {self.en}"
        return self.en if lang == "en" else self.zh


def read_project(raw: Any) -> Project:
    """The project's facts, or TermSheetError naming `project.…`."""
    try:
        project = Project.model_validate(raw)
    except ValidationError as error:
        raise TermSheetError(from_pydantic(error, "project")) from None
    if not project.title.zh and not project.title.en:
        raise TermSheetError([Problem.of("project.title", "missing")])
    return project


def read_parties(raw: Any) -> dict[str, Party]:
    """Both parties, or TermSheetError naming `parties.…`."""
    if not isinstance(raw, dict):
        raise TermSheetError([Problem.of("parties", "not_an_object")])
    problems = [
        Problem.of(f"parties.{key}", "unknown_field") for key in raw if key not in ("investor", "creator")
    ]
    parties: dict[str, Party] = {}
    for side in ("investor", "creator"):
        try:
            parties[side] = _party(raw.get(side), f"parties.{side}")
        except TermSheetError as error:
            problems += error.problems
    if problems:
        raise TermSheetError(problems)
    return parties


def _party(raw: Any, path: str) -> Party:
    if raw is None:
        raise TermSheetError([Problem.of(path, "missing")])
    if isinstance(raw, str):
        raw = {"name": raw}
    try:
        read = _Party.model_validate(raw)
    except ValidationError as error:
        raise TermSheetError(from_pydantic(error, path)) from None
    zh, en = (read.name, read.name) if isinstance(read.name, str) else (read.name.zh, read.name.en)
    if not (zh or en).strip():
        raise TermSheetError([Problem.of(f"{path}.name", "missing")])
    rest = read.model_dump(exclude={"name"})
    return Party(zh=zh or en, en=en or zh, **rest)

"""A term sheet as a document: pure data, every text in the languages it is printed in. Nothing here draws."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel

from dealflow.core.pdf import missing_glyphs
from dealflow.termsheets.library.catalogue import LIBRARY
from dealflow.termsheets.library.declared import terms_model
from dealflow.termsheets.library.facts import Party, read_parties, read_project
from dealflow.termsheets.library.figures import Payouts, payout_table
from dealflow.termsheets.library.formats import capitals, currency_name, figures, money, percent, value
from dealflow.termsheets.library.messages import Problem, TermSheetError
from dealflow.termsheets.library.model import (
    DECLARED,
    FIELD,
    LANGS,
    Clause,
    Condition,
    Library,
    Paragraph,
    Template,
    Text,
    parameter,
)
from dealflow.termsheets.library.order import Order, TierView
from dealflow.termsheets.library.terms import MILESTONES, ON_MISS
from dealflow.termsheets.library.validation import problems

LANGUAGES = ("zh", "en", "zh+en")
DRAFT_STATES = frozenset({"draft", "proposed", "countered", "rejected", "withdrawn", "expired"})
USE_KINDS = {
    "production": Text(zh="制作", en="Production"), "ad_spend": Text(zh="投流", en="Ad spend"),
    "cast": Text(zh="演职人员", en="Cast"), "post": Text(zh="后期", en="Post-production"),
    "music": Text(zh="音乐", en="Music"), "legal": Text(zh="法务", en="Legal"),
    "contingency": Text(zh="预备费", en="Contingency"), "other": Text(zh="其他", en="Other"),
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """One line of the cover."""

    label: Text
    value: Text


@dataclass(frozen=True)
class Line:
    """One numbered paragraph: `4.2` and its text."""

    number: str
    text: Text


@dataclass(frozen=True)
class Item:
    """One numbered clause of the document; `key` is the clause's id in the library, `additional.<id>` for own ones."""

    number: int
    key: str
    heading: Text
    lines: tuple[Line, ...]
    binding: bool
    exhibit: str | None


@dataclass(frozen=True)
class UseRow:
    label: str
    kind: Text
    amount_minor: int
    ppm: int


@dataclass(frozen=True)
class TrancheRow:
    number: int
    amount_minor: int
    milestone: Text
    note: str
    long_stop: date
    on_miss: Text


@dataclass(frozen=True)
class Document:
    """Everything `render_html` prints."""

    template: Template
    lang: str
    version_code: str
    state: str
    generated_on: date
    project: Text
    project_shape: Text
    parties: dict[str, Party]
    facts: tuple[Fact, ...]
    items: tuple[Item, ...]
    currency: str
    amount_minor: int
    use_of_funds: tuple[UseRow, ...]
    tranches: tuple[TrancheRow, ...]
    tiers: tuple[TierView, ...]
    payouts: Payouts
    payees: tuple[tuple[str, Text], ...]
    missing: tuple[tuple[str, str], ...]
    terms: dict[str, Any]  # as they were given

    @property
    def langs(self) -> tuple[str, ...]:
        """The languages printed, the leading one first."""
        return tuple(self.lang.split("+"))

    @property
    def draft(self) -> bool:
        """Whether it is marked as a draft on every page."""
        return self.state in DRAFT_STATES


def build_document(
    template: str,
    project: Any,
    parties: Any,
    terms: Any,
    *,
    version_code: str,
    state: str,
    lang: str,
    generated_on: date,
    library: Library = LIBRARY,
) -> Document:
    """The document of complete terms (see `merge_terms`). Raises TermSheetError naming each bad field.

    `lang` is "zh", "en" or "zh+en" (side by side); `version_code` stands in the footer of every page. `library` is
    the version of the clauses that the term sheet was drafted with.
    """
    if lang not in LANGUAGES:
        raise TermSheetError([Problem.of("lang", "unknown_choice", limit=", ".join(LANGUAGES))])
    return Builder(template, project, parties, terms, version_code, library).build(state, lang, generated_on)


class Builder:
    """Makes the parts of a document. Raises TermSheetError for terms that are not complete."""

    def __init__(
        self,
        template: str,
        raw_project: Any,
        raw_parties: Any,
        raw_terms: Any,
        version_code: str = "",
        library: Library = LIBRARY,
    ) -> None:
        project, parties = read_project(raw_project), read_parties(raw_parties)
        if found := problems(template, raw_terms, library):
            raise TermSheetError(found)
        given: dict[str, Any] = json.loads(json.dumps(raw_terms, default=str))
        self.library, self.template = library, library.templates[template]
        self.model: type[BaseModel] = terms_model(template, library)
        self.project, self.parties, self.given, self.version_code = project, parties, given, version_code
        # With what the model fills in, so that every parameter is there.
        self.terms: dict[str, Any] = self.model.model_validate(given).model_dump(mode="json")
        terms = self.terms
        self.order = Order(terms["waterfall"])
        self.currency: str = terms["investment"]["amount"]["currency"]
        self.amount: int = terms["investment"]["amount"]["amount_minor"]

    def build(self, state: str, lang: str, generated_on: date) -> Document:
        return Document(
            template=self.template,
            lang=lang,
            version_code=self.version_code,
            state=state,
            generated_on=generated_on,
            project=Text(zh=self.project.name("zh"), en=self.project.name("en")),
            project_shape=Text(zh=self.project.shape("zh"), en=self.project.shape("en")),
            parties=self.parties,
            facts=tuple(self._facts(generated_on)),
            items=tuple(self.items()),
            currency=self.currency,
            amount_minor=self.amount,
            use_of_funds=tuple(self.use_of_funds()),
            tranches=tuple(self.tranches()),
            tiers=tuple(self.order.views()),
            payouts=payout_table(self.terms),
            payees=tuple(
                (
                    payee["id"],
                    Text(
                        zh=self.order.payee(payee["id"], "zh"),
                        en=_capital(self.order.payee(payee["id"], "en")),
                    ),
                )
                for payee in self.terms["waterfall"]["payees"]
            ),
            missing=tuple(self._missing()),
            terms=self.given,
        )

    # --- texts ---

    def _names(self, lang: str) -> dict[str, str]:
        ads = sum(
            row["amount"]["amount_minor"] for row in self.terms["use_of_funds"] if row["kind"] == "ad_spend"
        )
        joined = "、" if lang == "zh" else "; "
        return {
            "investor.name": self.parties["investor"].name(lang),
            "creator.name": self.parties["creator"].name(lang),
            "investor.role": self.template.investor_role.get(lang),
            "creator.role": self.template.creator_role.get(lang),
            "project.title": self.project.name(lang),
            "project.format": self.project.shape(lang),
            "template.name": self.template.name.get(lang),
            "document.version": self.version_code,
            "amount.words": self._words(lang),
            "ad_spend.share": percent(_share(ads, self.amount)),
            "tranches.count": str(len(self.terms["tranches"])),
            "binding.clauses": joined.join(entry.heading.get(lang) for entry in self._binding()),
        }

    def _words(self, lang: str) -> str:
        """The amount in financial numerals for yuan, which a Chinese contract wants beside the figures; otherwise with the
        currency written out, or by its code where the figures name it already."""
        if self.currency != "CNY":
            code = money(self.amount, self.currency, "en")
            return (
                code
                if lang == "zh"
                else f"{figures(self.amount, self.currency)} {currency_name(self.currency)}"
            )
        return f"大写：{capitals(self.amount)}" if lang == "zh" else f"人民币{capitals(self.amount)}"

    def _binding(self) -> Iterator[Clause]:
        return (
            entry for entry in self.library.of(self.template.key) if entry.binding and entry.id != "status"
        )

    def _at(self, path: str) -> Any:
        found: Any = self.terms
        for key in path.split("."):
            found = found[key]
        return found

    def _fill(self, text: str, lang: str, names: dict[str, str]) -> str:
        def put(match: Any) -> str:
            path = match[1]
            if path in names:
                return names[path]
            info = parameter(self.model, path)
            extra = (info.json_schema_extra if info else None) or {}
            declared = extra if isinstance(extra, dict) else {}
            return value(self._at(path), declared.get("unit"), declared.get("choices"), lang)  # type: ignore[arg-type]

        return FIELD.sub(put, text)

    def _holds(self, condition: Condition | None) -> bool:
        if condition is None:
            return True
        found = self._at(condition.path)
        return any(one in condition.values for one in (found if isinstance(found, list) else [found]))

    def _filled(self, paragraph: Paragraph) -> bool:
        """Whether every declared parameter the paragraph names has a value; without one it is not printed."""
        named = (f for f in FIELD.findall(paragraph.zh) if f.startswith(f"{DECLARED}."))
        return all(self._at(path) not in (None, "", []) for path in named)

    def _texts(self, entry: Clause) -> Iterator[Text]:
        names = {lang: self._names(lang) for lang in LANGS}
        for paragraph in entry.paragraphs:
            if self._holds(paragraph.when) and self._filled(paragraph):
                yield Text(**{lang: self._fill(paragraph.get(lang), lang, names[lang]) for lang in LANGS})
        if entry.generated == "recoupment":
            yield from self.order.sentences()
        elif entry.generated == "corridors":
            yield from self.order.corridors()
        elif entry.generated == "escalators":
            yield from self.order.escalators()

    def items(self) -> Iterator[Item]:
        """Every clause with its number and its texts."""
        number = 0
        for entry in self.library.of(self.template.key):
            for key, heading, texts in self._clauses(entry):
                number += 1
                lines = tuple(Line(f"{number}.{index}", text) for index, text in enumerate(texts, 1))
                yield Item(number, key, heading, lines, entry.binding, entry.exhibit)

    def _clauses(self, entry: Clause) -> Iterator[tuple[str, Text, list[Text]]]:
        if entry.generated != "additional":
            yield entry.id, entry.heading, list(self._texts(entry))
            return
        for place, own in enumerate(self.terms["additional"], 1):
            paragraphs = {lang: _lines(own["text"], lang) for lang in LANGS}
            if len(paragraphs["zh"]) != len(paragraphs["en"]):
                paragraphs = {lang: ["\n".join(paragraphs[lang])] for lang in LANGS}
            texts = [Text(zh=zh, en=en) for zh, en in zip(paragraphs["zh"], paragraphs["en"], strict=True)]
            heading = Text(zh=_either(own["heading"], "zh"), en=_either(own["heading"], "en"))
            yield f"additional.{own['id'] or place}", heading, texts

    # --- tables ---

    def _facts(self, generated_on: date) -> Iterator[Fact]:
        def fact(zh: str, en: str, zh_value: str, en_value: str) -> Fact:
            return Fact(Text(zh=zh, en=en), Text(zh=zh_value, en=en_value))

        amount = [money(self.amount, self.currency, lang) for lang in LANGS]
        yield fact("投资方式", "Instrument", self.template.instrument.zh, self.template.instrument.en)
        yield fact("投资金额", "Amount", amount[0], amount[1])
        if self.currency == "CNY":
            words = f"人民币{capitals(self.amount)}"
            yield fact("大写", "In words", words, words)
        for label, raw in (
            (("有效期至", "Valid until"), self.terms["validity"]["until"]),
            (("日期", "Date"), generated_on.isoformat()),
        ):
            yield fact(*label, value(raw, "date", None, "zh"), value(raw, "date", None, "en"))

    def use_of_funds(self) -> Iterator[UseRow]:
        """The table of the uses."""
        for row in self.terms["use_of_funds"]:
            minor = row["amount"]["amount_minor"]
            yield UseRow(row["label"], USE_KINDS[row["kind"]], minor, _share(minor, self.amount))

    def tranches(self) -> Iterator[TrancheRow]:
        """The table of the tranches."""
        for number, row in enumerate(self.terms["tranches"], 1):
            yield TrancheRow(
                number=number,
                amount_minor=row["amount"]["amount_minor"],
                milestone=Text(
                    zh=MILESTONES[row["milestone"]][0], en=_capital(MILESTONES[row["milestone"]][1])
                ),
                note=row["note"],
                long_stop=date.fromisoformat(row["long_stop"]),
                on_miss=Text(zh=ON_MISS[row["on_miss"]][0], en=_capital(ON_MISS[row["on_miss"]][1])),
            )

    def _missing(self) -> Iterator[tuple[str, str]]:
        """Fields that hold characters outside the fonts, with those characters."""
        people = {side: vars(party) for side, party in self.parties.items()}
        title = {"zh": self.project.title.zh, "en": self.project.title.en}
        for path, text in _strings({"project": {"title": title}, "parties": people, "terms": self.terms}):
            if found := missing_glyphs(text):
                yield path, "".join(found)


def _share(part: int, whole: int) -> int:
    """Parts per million, to a tenth of a percent."""
    return (part * 1000 + whole // 2) // whole * 1000


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _either(pair: dict[str, str], lang: str) -> str:
    other = "en" if lang == "zh" else "zh"
    return pair[lang].strip() or pair[other].strip()


def _lines(pair: dict[str, str], lang: str) -> list[str]:
    return [line.strip() for line in _either(pair, lang).splitlines() if line.strip()]


def _strings(found: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text below a JSON value with its path."""
    if isinstance(found, str):
        yield path, found
    elif isinstance(found, dict):
        for key, inner in found.items():
            yield from _strings(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(found, (list, tuple)):
        for index, inner in enumerate(found):
            yield from _strings(inner, f"{path}[{index}]")

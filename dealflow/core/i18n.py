"""Two languages. Message ids are English; Chinese stands in `translations/zh/*.po`, one file per room."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from babel import Locale

LANGUAGES = ("zh", "en")
_BABEL = {"zh": "zh_CN", "en": "en"}
HTML = {"zh": "zh-CN", "en": "en"}
ROOT = Path(__file__).resolve().parents[2] / "translations"
_language: ContextVar[str] = ContextVar("language", default="zh")
_zone: ContextVar[str] = ContextVar("zone", default="Asia/Shanghai")
_Key = tuple[str | None, str]


def N_(message: str) -> str:  # noqa: N802 - the customary name, known to extraction
    """Mark a message id for extraction; it is translated where it is shown."""
    return message


@lru_cache
def catalogue(language: str) -> dict[_Key, str | tuple[str, ...]]:
    """All translations of a language: (context, message id) → text, or texts by plural form."""
    from babel.messages.pofile import read_po

    table: dict[_Key, str | tuple[str, ...]] = {}
    for path in sorted((ROOT / language).glob("*.po")):
        with path.open("rb") as stream:
            for message in read_po(stream, locale=_BABEL[language]):
                if not message.id or message.fuzzy or not message.string:
                    continue
                key = message.id[0] if isinstance(message.id, (list, tuple)) else message.id
                text = message.string
                table[message.context, key] = tuple(text) if isinstance(text, (list, tuple)) else text
    return table


def _find(context: str | None, message: str) -> str | None:
    language = _language.get()
    if language == "en":
        return None
    found = catalogue(language).get((context, message))
    # Chinese has one plural form, so the first is the only one.
    return found[0] if isinstance(found, tuple) else found


def _fill(text: str, params: dict[str, Any]) -> str:
    return text % params if params else text


def gettext(message: str, **params: Any) -> str:
    """The message in the current language, `%(name)s` filled in from `params`."""
    return _fill(_find(None, message) or message, params)


def pgettext(context: str, message: str, **params: Any) -> str:
    """Like gettext, for a message whose meaning depends on its context."""
    return _fill(_find(context, message) or message, params)


def plural_form(singular: str, plural: str, n: int) -> str:
    """Singular or plural by `n` with nothing filled in yet: templates fill in what they know themselves."""
    return _find(None, singular) or (singular if n == 1 else plural)


def ngettext(singular: str, plural: str, n: int, **params: Any) -> str:
    """Singular or plural by `n`; `%(num)s` is n."""
    return _fill(plural_form(singular, plural, n), {"num": n} | params)


_ = gettext


def language() -> str:
    """The current language: "zh" or "en"."""
    return _language.get()


def locale() -> Locale:
    """How the current language writes dates, numbers and names."""
    return _locale(_language.get())


@lru_cache
def _locale(language: str) -> Locale:
    # Kept as an object: Babel looks through the names of all its locales each time it is given a name.
    from babel import Locale

    return Locale.parse(_BABEL[language])


def zone() -> str:
    """The current user's time zone (IANA name)."""
    return _zone.get()


def activate(language: str, zone: str | None = None) -> None:
    """Set language and time zone of the rest of this request or job."""
    _language.set(language if language in LANGUAGES else "zh")
    if zone:
        _zone.set(zone)


@contextmanager
def using(language: str, zone: str | None = None) -> Iterator[None]:
    """Speak another language inside the block."""
    token, other = _language.set(language), _zone.set(zone or _zone.get())
    try:
        yield
    finally:
        _language.reset(token)
        _zone.reset(other)


def negotiate(header: str | None, default: str = "zh") -> str:
    """The best of our languages for an Accept-Language header."""
    best, weight = default, 0.0
    for part in (header or "").split(","):
        tag, _sep, quality = part.strip().partition(";q=")
        try:
            q = float(quality) if quality else 1.0
        except ValueError:
            continue
        short = tag.split("-")[0].lower()
        if short in LANGUAGES and q > weight:
            best, weight = short, q
    return best


def localised(texts: dict[str, str] | None) -> str:
    """The text of a {zh?, en?} pair in the current language, else the other one, else ""."""
    texts = texts or {}
    return texts.get(_language.get()) or texts.get("zh") or texts.get("en") or ""


class Lazy:
    """A message that is translated each time it is shown (form labels, choices)."""

    __slots__ = ("message", "params")

    def __init__(self, message: str, **params: Any) -> None:
        self.message, self.params = message, params

    def __str__(self) -> str:
        return gettext(self.message, **self.params)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(self.message)


def _l(message: str, **params: Any) -> Any:
    """A lazy message (known to extraction)."""
    return Lazy(message, **params)


def show_day(day: date, style: str = "medium") -> str:
    """A day as the reader's language writes it."""
    from babel.dates import format_date

    return format_date(day, style, locale=locale())


# Units of compact numbers, the smallest first: above each, amounts are told in it.
_UNITS = {"zh": (4, 8, 12), "en": (3, 6, 9, 12)}


def leading(value: Decimal) -> Decimal:
    """What stands before the unit of a compact form, whatever its sign: 1.335 of 133,500,000 in Chinese."""
    held = [power for power in _UNITS[language()] if abs(value) >= Decimal(10) ** power]
    return abs(value).scaleb(-held[-1]) if held else abs(value)


def rounded_to_unit(value: Decimal, digits: int = 1) -> Decimal:
    """A number rounded as the compact form of the current language shows it, so that the form takes the unit of what it
    shows: 999,999.99 is 1M in English and no 1000K."""
    held = [power for power in _UNITS[language()] if abs(value) >= Decimal(10) ** power]
    return value.quantize(Decimal(1).scaleb(held[-1] - digits), ROUND_HALF_UP) if held else value

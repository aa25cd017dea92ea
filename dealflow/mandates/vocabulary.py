"""The words of pitches as mandates use them, handed in from above: the two rooms do not know each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from dealflow.core.db import session


class Genre(Protocol):
    """A genre with its name in the current language and its facet (setting, trope, …)."""

    @property
    def name(self) -> str: ...

    @property
    def facet(self) -> str: ...


class Words(Protocol):
    """What mandates need to know of the vocabulary of pitches."""

    @property
    def stages(self) -> Sequence[str]: ...

    @property
    def instruments(self) -> Sequence[str]: ...

    @property
    def languages(self) -> Sequence[str]: ...

    @property
    def regions(self) -> Sequence[str]: ...

    def genres(self) -> Mapping[str, Genre]:
        """All genres by term, the park's own included; one SQL statement at most."""

    def facet_name(self, facet: str) -> str: ...

    def label(self, code: str) -> str:
        """Name of a stage or instrument in the current language."""

    def language_name(self, tag: str) -> str: ...

    def region_name(self, code: str) -> str: ...

    def is_language(self, tag: str) -> bool: ...

    def is_region(self, code: str) -> bool: ...


_words: Words | None = None


def use(words: Words) -> None:
    """Say where the words come from; the room that knows pitches calls this when it joins the application."""
    global _words
    _words = words


def words() -> Words:
    """The words in use; RuntimeError before `use`."""
    if _words is None:
        raise RuntimeError("no vocabulary was handed to the mandates")
    return _words


def genres() -> Mapping[str, Genre]:
    """All genres by term; read once per transaction."""
    known: dict[str, Mapping[str, Genre]] = session().info
    if "mandates.genres" not in known:
        known["mandates.genres"] = words().genres()
    return known["mandates.genres"]

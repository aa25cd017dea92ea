"""The vocabulary of pitches as mandates use it: this room knows both."""

from __future__ import annotations

from collections.abc import Mapping

from dealflow.core.i18n import gettext
from dealflow.pitches import queries, vocabulary
from dealflow.pitches.vocabulary import Genre


class PitchWords:
    """`mandates.vocabulary.Words` over the words of pitches."""

    stages = vocabulary.STAGES
    instruments = vocabulary.INSTRUMENTS
    languages = vocabulary.COMMON_LANGUAGES
    regions = (*vocabulary.COMMON_COUNTRIES, *vocabulary.PROVINCES)

    def genres(self) -> Mapping[str, Genre]:
        """All genres by term, the park's own included."""
        return queries.genres()

    def facet_name(self, facet: str) -> str:
        """A facet's name in the current language."""
        return gettext(vocabulary.FACETS[facet]) if facet in vocabulary.FACETS else facet

    def label(self, code: str) -> str:
        """Name of a stage or instrument in the current language."""
        return vocabulary.label(code)

    def language_name(self, tag: str) -> str:
        """A language's name in the current language."""
        return vocabulary.language_name(tag)

    def region_name(self, code: str) -> str:
        """A region's name in the current language."""
        return vocabulary.region_name(code)

    def is_language(self, tag: str) -> bool:
        """Whether this is a language tag."""
        return vocabulary.is_language(tag)

    def is_region(self, code: str) -> bool:
        """Whether this is a country or a province."""
        return vocabulary.is_region(code)

"""The pages of term sheets: drafting, negotiating, comparing, printing."""

from dealflow.termsheets.pages import edit, library, negotiate, parameters, show, simulate  # noqa: F401 - their routes
from dealflow.termsheets.pages.base import bp

__all__ = ["bp"]

"""The pages of projects: browse, show, edit in steps, import, genres."""

from dealflow.pitches.pages import browse, edit, genres, show, uploads  # noqa: F401 - their routes
from dealflow.pitches.pages.base import bp

__all__ = ["bp"]

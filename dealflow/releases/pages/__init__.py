"""Pages of releases, receipts, ad spend and statements."""

from __future__ import annotations

from dealflow.releases.pages import money, overview, releases, statements  # noqa: F401
from dealflow.releases.pages.base import bp

__all__ = ["bp"]

"""Pages of data rooms."""

from __future__ import annotations

from dealflow.dataroom.pages import access, documents, guests, room  # noqa: F401
from dealflow.dataroom.pages.base import bp

__all__ = ["bp"]

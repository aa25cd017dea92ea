"""The rooms of the house, in the order of the floors."""

from __future__ import annotations

import importlib
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

ROOMS = (
    "audit",
    "files",
    "accounts",
    "notify",
    "pitches",
    "mandates",
    "ledger",
    "dataroom",
    "deals",
    "matching",
    "releases",
    "funds",
    "termsheets",
    "signing",
    "settlement",
    "recoupment",
    "portfolio",
    "demo",
)


def present() -> list[str]:
    """The rooms that exist."""
    specs = {room: importlib.util.find_spec(f"dealflow.{room}") for room in ROOMS}
    return [room for room, spec in specs.items() if spec is not None and spec.origin is not None]


def load_models() -> None:
    """Import every room's tables, so that the metadata is complete."""
    for module in ("jobs", "outbox", "idempotency", "mail"):
        importlib.import_module(f"dealflow.core.{module}")
    for room in present():
        if importlib.util.find_spec(f"dealflow.{room}.models"):
            importlib.import_module(f"dealflow.{room}.models")


def register(app: Flask) -> None:
    """Let every room join the application."""
    load_models()
    for room in present():
        importlib.import_module(f"dealflow.{room}").register(app)

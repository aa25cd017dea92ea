"""Matrices that lists were made from, put away when a newer one serves, so that every list that was shown can be worked
out again. They are part of a backup, unlike the matrices that serve."""

from __future__ import annotations

import logging
import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from dealflow.core import config
from dealflow.core.db import session
from dealflow.matching.models import RankedList

if TYPE_CHECKING:
    from ml.matrix import ProjectMatrix

log = logging.getLogger(__name__)
FOLDER = "shown"
_EVERYBODY = {"unscoped": "which matrices lists were made from names nobody"}


def needed(versions: list[str]) -> set[str]:
    """Those of the versions that a kept list was made from."""
    wanted = select(RankedList.matrix_version).where(RankedList.matrix_version.in_(versions)).distinct()
    return set(session().scalars(wanted, execution_options=_EVERYBODY))


def put_away(version: Path, models: Path) -> None:
    """Keep the folder of a matrix as one compressed file below `models`; whole or not at all."""
    target = models / FOLDER / f"{version.name}.zip"
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}-{os.getpid()}")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(version.iterdir()):
            packed.write(path, f"{version.name}/{path.name}")
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(target)
    _sweep(target.parent, config.settings().shown_lists)


def _sweep(folder: Path, most: int) -> None:
    """Drop the oldest beyond so many bytes; the lists made from them are still shown, but not worked out again."""
    files = sorted(folder.glob("*.zip"), key=lambda path: path.stat().st_mtime, reverse=True)
    total = 0
    for path in files:
        total += path.stat().st_size
        if total > most:
            path.unlink(missing_ok=True)


def bring(version: str, models: Path) -> ProjectMatrix | None:
    """A matrix that was put away, in memory; None when it was not, or is not readable any more."""
    from ml.matrix import ProjectMatrix

    packed = models / FOLDER / f"{version}.zip"
    if not packed.is_file():
        return None
    with tempfile.TemporaryDirectory() as folder:
        try:
            with zipfile.ZipFile(packed) as archive:
                archive.extractall(folder)
            return ProjectMatrix.load(folder, mmap=False, version=version)
        except (zipfile.BadZipFile, OSError, ValueError):
            log.error("the matrix %s that was put away cannot be read", version, exc_info=True)
            return None

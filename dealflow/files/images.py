"""Pictures: re-encoded in a child process, so that a hostile one costs nothing but itself."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

from dealflow.core.errors import Invalid
from dealflow.core.i18n import N_

SECONDS = 30
VARIANTS = ("large", "small")
log = logging.getLogger(__name__)
ROOT = Path(__file__).resolve().parents[2]


def variants(source: Path, folder: Path) -> dict[str, dict[str, Any]]:
    """Write `<name>.webp` per variant into the folder: name → {width, height}. Invalid for what is no picture."""
    command = [sys.executable, "-m", "dealflow.files.image_child", str(source), str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, paths are ours
            command,
            cwd=ROOT,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={"PATH": "/usr/bin:/bin"},
        )
    except subprocess.TimeoutExpired:
        raise _refusal() from None
    if done.returncode != 0:
        log.info("picture refused (%s): %s", done.returncode, done.stderr[-300:].decode("utf-8", "replace"))
        raise _refusal()
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def _refusal() -> Invalid:
    return Invalid.field(
        "file", "bad_image", N_("This picture cannot be read or is too large; save it anew with fewer pixels")
    )

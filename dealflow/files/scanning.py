"""The virus scanner, by setting: a command that gets the path and ends with 0 for clean, 1 for infected."""

from __future__ import annotations

import logging
import shlex
import subprocess
from pathlib import Path

from dealflow.core.errors import Invalid, Unavailable
from dealflow.core.i18n import N_

SECONDS = 60
log = logging.getLogger(__name__)
_command: list[str] = []


def configure(command: str | None) -> None:
    """Set the command (`clamdscan --fdpass --no-summary`, say); None: nothing is scanned."""
    _command[:] = shlex.split(command or "")


def scan(path: Path) -> None:
    """Return for a clean file. Invalid when infected, Unavailable when the scanner fails."""
    if not _command:
        return
    try:
        done = subprocess.run(  # noqa: S603 - the command is the operator's, the path is ours
            [*_command, str(path)], capture_output=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.error("the virus scanner did not answer: %s", error)
        raise Unavailable(N_("Files cannot be checked at the moment; please try again later")) from error
    if done.returncode == 1:
        raise Invalid.field("file", "infected", N_("The virus scanner refused this file"))
    if done.returncode != 0:
        log.error("the virus scanner failed with %s: %s", done.returncode, done.stderr[:500])
        raise Unavailable(N_("Files cannot be checked at the moment; please try again later"))

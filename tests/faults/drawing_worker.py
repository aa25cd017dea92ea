"""`dealflow worker` that says when it draws a signed file, and then draws for ever. Run as a program by the tests."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

from dealflow.signing import printing


def main() -> None:
    """Work until killed; the folder to leave the sign in is the one argument."""
    from dealflow.cli import main as command

    started = Path(sys.argv[1]) / "drawing"

    def executed(*_given: Any) -> bytes:
        started.write_text("x")
        threading.Event().wait()
        return b""

    printing.executed = executed
    sys.argv = ["dealflow", "worker"]
    command()


if __name__ == "__main__":
    main()

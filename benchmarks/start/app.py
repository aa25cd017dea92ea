"""How long `import dealflow` and building the application take, beside `import flask, sqlalchemy` alone, and what they load."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time

HEAVY = ("sklearn", "weasyprint", "scipy", "numpy", "pandas")
PEER = "import flask, sqlalchemy, flask_login, flask_wtf, pydantic, huey"
START = """
import pathlib, sys
from dealflow import create_app
from dealflow.settings import Settings
folder = pathlib.Path({folder!r})
create_app(Settings(instance=folder, database_url=f"sqlite:///{{folder / 'app.db'}}"))
print(" ".join(name for name in {heavy!r} if name in sys.modules))
"""


def _seconds(code: str, runs: int = 7) -> tuple[float, str]:
    times, printed = [], ""
    for _ in range(runs):
        begun = time.perf_counter()
        printed = subprocess.run(
            [sys.executable, "-c", code], check=True, capture_output=True, text=True
        ).stdout
        times.append(time.perf_counter() - begun)
    return statistics.median(times), printed.strip()


def main() -> None:
    """Print medians of whole processes and the ratio to the peer."""
    with tempfile.TemporaryDirectory() as folder:
        empty, _none = _seconds("pass")
        peer, _none = _seconds(PEER)
        imported, _none = _seconds("import dealflow")
        started, loaded = _seconds(START.format(folder=folder, heavy=HEAVY))
    result = {
        "benchmark": "start",
        "python_s": round(empty, 3),
        "libraries_s": round(peer, 3),
        "import_dealflow_s": round(imported, 3),
        "app_start_s": round(started, 3),
        "app_start_to_libraries": round(started / peer, 2),
        "heavy_libraries_loaded": loaded.split(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""Each acknowledged write was forced to the disk first: counts fsync and fdatasync of the server over 100 writes.

    python -m benchmarks.faults.durable [--writes 100]

A killed process cannot tell a durable write from one that only reached the kernel, so the system calls are counted
with `strace` (Debian: apt-get install strace). Prints JSON; exit code 1 for fewer syncs than acknowledged writes.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from tests.factories.pitches import complete
from tests.faults import killing
from tests.faults.processes import Running, environment, free_port, wait_for

SYNC = re.compile(r"\b(?:fsync|fdatasync)\(")


def main() -> int:
    """Print the result; 1 when a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writes", type=int, default=100)
    options = parser.parse_args()
    tracer = shutil.which("strace")
    if tracer is None:
        print("strace is not installed: apt-get install strace", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        instance, port, calls = Path(folder) / "instance", free_port(), Path(folder) / "calls"
        instance.mkdir()
        killing.prepare(instance)
        line = [tracer, "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(calls), *killing.SERVE]
        with Running(line, environment(instance, PORT=str(port)), Path(folder) / "server.log"):
            wait_for(lambda: killing.answers(port), "server")
            secret = killing.token(port)
            before = len(SYNC.findall(calls.read_text()))
            with closing(killing.Client(port, secret)) as client:
                for number in range(options.writes):
                    status, made = client.call("POST", "/api/v1/projects", complete(logline=f"{number}"))
                    assert status == 201, made
            after = len(SYNC.findall(calls.read_text()))
    result = {
        "benchmark": "durable", "writes": options.writes, "syncs": after - before,
        "syncs_per_write": round((after - before) / options.writes, 2),
    }  # fmt: skip
    print(json.dumps(result))
    return int(after - before < options.writes)


if __name__ == "__main__":
    sys.exit(main())

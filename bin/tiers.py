"""Runs the tiers of `make test`, prints each one's closing line, and exits with the worst exit code.

Usage: python bin/tiers.py [lint] [quick] [postgres] [slow] [browser]; without names all of them run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from services import ServiceMissing, missing_servers, test_services

ROOT = Path(__file__).resolve().parent.parent
WORKERS = os.environ.get("DEALFLOW_TEST_WORKERS", "2")
MEMORY_NEEDED = 6 << 30
QUICK = "not slow and not browser and not on_postgres"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC_BROWSERS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@dataclass(frozen=True)
class Tier:
    """A named group of commands; it fails when one of them fails, and runs all of them either way."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    needs_services: bool = False
    needs_browser: bool = False
    in_memory: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a tier ended: exit code 0 is success; `note` says why it could not run."""

    tier: str
    code: int
    seconds: float
    note: str = ""

    def line(self) -> str:
        verdict = "passed" if self.code == 0 else f"FAILED (exit {self.code})"
        return f"tier {self.tier}: {verdict} in {self.seconds:.0f} s{' - ' + self.note if self.note else ''}"


def pytest_command(marks: str, *options: str) -> tuple[str, ...]:
    """A pytest call for the tests with these marks, in which a skipped test counts as a failure."""
    return (sys.executable, "-m", "pytest", "-q", "-p", "tests.tooling.no_skips", "-m", marks, *options)


def all_tiers() -> tuple[Tier, ...]:
    lint_imports = str(Path(sys.executable).parent / "lint-imports")
    python = sys.executable
    return (
        Tier(
            "lint",
            (
                (python, "-m", "ruff", "check", "."),
                (python, "-m", "ruff", "format", "--check", "."),
                (python, "-m", "mypy"),
                (python, "-m", "mypy", "--explicit-package-bases", "benchmarks"),
                (python, lint_imports),
            ),
        ),
        Tier("quick", (pytest_command(QUICK, "-n", WORKERS),), needs_services=True, in_memory=True),
        Tier(
            "postgres", (pytest_command("on_postgres", "-n", WORKERS),), needs_services=True, in_memory=True
        ),
        Tier(
            "slow",
            (
                pytest_command(
                    "slow and not browser and not on_postgres", "-n", WORKERS, "--dist", "worksteal"
                ),
            ),
            needs_services=True,
        ),
        Tier(
            "browser",
            (pytest_command("browser", "-n", WORKERS),),
            needs_services=True,
            needs_browser=True,
            in_memory=True,
        ),
    )


def find_browser() -> str | None:
    """Path of an installed Chromium or Chrome; DEALFLOW_CHROMIUM names one explicitly."""
    named = os.environ.get("DEALFLOW_CHROMIUM")
    if named:
        return named if Path(named).is_file() else None
    found = (shutil.which(name) for name in CHROMIUM_NAMES)
    return next((path for path in (*found, *MAC_BROWSERS) if path and Path(path).is_file()), None)


def install_missing_programs(tiers: list[Tier]) -> None:
    """Install what these tiers call besides Python; what may not be installed, bin/install-packages prints."""
    missing = []
    if any(tier.needs_services for tier in tiers):
        wanted = {
            "pdftotext": "poppler-utils",
            "qpdf": "qpdf",
            "softhsm2-util": "softhsm2",
            "soffice": "libreoffice-calc-nogui",
        }
        missing = [package for program, package in wanted.items() if not shutil.which(program)]
        missing += missing_servers()
    if any(tier.needs_browser for tier in tiers) and not find_browser():
        missing.append("chromium")
    if missing and sys.platform == "darwin":
        print(
            "Please run: brew install poppler qpdf softhsm postgresql@15 redis && brew install --cask google-chrome libreoffice"
        )
    elif missing:
        subprocess.run([ROOT / "bin" / "install-packages", *missing], check=False)


def run_tier(tier: Tier, environment: dict[str, str]) -> Outcome:
    """Run all commands of a tier, each announced; the code is the worst of theirs."""
    started, worst = time.monotonic(), 0
    # The workers fill the cores already; numeric libraries that start a thread a core beside them only wait for each other.
    environment = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **environment}
    for command in tier.commands:
        shown = " ".join(Path(part).name if part.startswith("/") else part for part in command)
        print(f"\n== tier {tier.name}: {shown}", flush=True)
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, check=False
        ).returncode
        worst = max(worst, abs(code))
    return Outcome(tier.name, worst, time.monotonic() - started)


@contextmanager
def memory_folder(there: Path = Path("/dev/shm")) -> Iterator[dict[str, str]]:  # noqa: S108
    """Yield the environment of tests that write much and lose nothing with the power: temporary files in memory, where
    the machine has room for them. The faults of the slow tier stay on the disk, whose promises they are about."""
    roomy = there.is_dir() and os.access(there, os.W_OK) and shutil.disk_usage(there).free > MEMORY_NEEDED
    if not roomy:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="dealflow-tests-", dir=there) as folder:
        yield {"TMPDIR": folder}


@contextmanager
def usable_home() -> Iterator[dict[str, str]]:
    """Yield the environment with a HOME that can be written: browsers refuse to start without one."""
    home = os.environ.get("HOME", "")
    if home and os.access(home, os.W_OK):
        yield dict(os.environ)
        return
    with tempfile.TemporaryDirectory(prefix="dealflow-home-") as folder:
        yield {**os.environ, "HOME": folder}


def run_with_services(tiers: list[Tier], environment: dict[str, str]) -> Iterator[Outcome]:
    """Run the tiers that need PostgreSQL and Redis; without these each of them is an outcome that failed."""
    browser = find_browser()
    if browser:
        environment = environment | {"DEALFLOW_CHROMIUM": browser}
    try:
        with test_services() as urls:
            for tier in tiers:
                if tier.needs_browser and not browser:
                    yield Outcome(tier.name, 1, 0, "not run: no Chromium or Chrome was found")
                else:
                    with memory_folder() if tier.in_memory else nullcontext({}) as more:
                        yield run_tier(tier, environment | urls | more)
    except ServiceMissing as missing:
        yield Outcome("services", 1, 0, str(missing))


def main(names: list[str]) -> int:
    """Run the named tiers (all without names) and return the worst exit code."""
    tiers = [tier for tier in all_tiers() if not names or tier.name in names]
    unknown = set(names) - {tier.name for tier in all_tiers()}
    if unknown:
        print(f"unknown tier: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    install_missing_programs(tiers)
    outcomes = []

    def note(outcome: Outcome) -> None:
        outcomes.append(outcome)
        print(f"\n{outcome.line()}", flush=True)

    with usable_home() as environment:
        for tier in tiers:
            if not tier.needs_services:
                note(run_tier(tier, environment))
        served = [tier for tier in tiers if tier.needs_services]
        if served:
            for outcome in run_with_services(served, environment):
                note(outcome)
    print("\n== make test", *(outcome.line() for outcome in outcomes), sep="\n")
    return max(outcome.code for outcome in outcomes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

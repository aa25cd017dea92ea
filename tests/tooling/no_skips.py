"""pytest plugin of `make test`: a test that was skipped or expected to fail fails the run, by name.

A skipped test proves nothing while the run looks green; what cannot run has to be said by the exit code.
"""

from __future__ import annotations

import pytest

NOT_RUN = ("skipped", "xfailed", "xpassed")


def _not_run(config: pytest.Config) -> list[str]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    stats = reporter.stats if reporter else {}
    return [f"{kind}: {report.nodeid}" for kind in NOT_RUN for report in stats.get(kind, ())]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn success into failure on the process that collects the reports (the workers of xdist have none)."""
    if _not_run(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what did not run, below the usual summary."""
    for line in _not_run(terminalreporter.config):
        terminalreporter.write_line(f"counts as a failure, {line}", red=True)

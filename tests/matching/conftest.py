"""What tests of models and lists share."""

from __future__ import annotations

from itertools import chain

import pytest
from flask import Flask

from dealflow.matching import live, service


@pytest.fixture
def shipped(app: Flask) -> str:
    """The version that serves at first."""
    service.rebuild()
    return live.ranker_of("").version


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured, below their outcome: how much a nosy creator learns is a figure and no yes or no."""
    reports = chain.from_iterable(terminalreporter.stats.values())
    told = [
        f"{report.nodeid.partition('::')[2]}: {name.replace('_', ' ')} {value}"
        for report in reports
        if getattr(report, "when", "") == "call"
        for name, value in report.user_properties
    ]
    if told:
        terminalreporter.section("measured")
        for line in told:
            terminalreporter.write_line(line)

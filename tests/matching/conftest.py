"""What tests of models and lists share."""

from __future__ import annotations

import pytest
from flask import Flask

from dealflow.matching import live, service


@pytest.fixture
def shipped(app: Flask) -> str:
    """The version that serves at first."""
    service.rebuild()
    return live.ranker_of("").version

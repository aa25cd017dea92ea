"""A project whose money is shared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from dealflow.core import clock
from tests.conftest import Person
from tests.factories.distributions import Stage, staged


@pytest.fixture
def stage(person: Callable[..., Person]) -> Iterator[Stage]:
    yield staged(person)
    clock.set_base(None)

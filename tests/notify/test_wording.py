"""Notifications keep days as data; each reader sees them as the language of the page writes them."""

from __future__ import annotations

import pytest

from dealflow.core.i18n import using
from dealflow.notify.models import Notification
from dealflow.notify.wording import words


@pytest.mark.parametrize(("lang", "said"), [("zh", "2026年11月2日"), ("en", "Nov 2, 2026")])
def test_a_day_is_written_in_the_readers_language(lang: str, said: str) -> None:
    row = Notification(
        title="Capital call %(number)s of %(fund)s", text="Due on %(date)s",
        params={"number": 3, "fund": "2026-99-99", "date": "2026-11-02"},
    )  # fmt: skip
    with using(lang):
        title, text = words(row)
    assert said in text
    assert "2026-99-99" in title, "only a day is a day"

"""A payee is named in the reader's language where its term sheet gives both names, and as it stands there otherwise."""

from __future__ import annotations

import pytest

from dealflow.core.i18n import using
from dealflow.recoupment import labels


@pytest.mark.parametrize(("lang", "at"), [("zh", 0), ("en", 1)])
def test_names_in_both_languages(lang: str, at: int) -> None:
    with using(lang):
        assert labels.payee("播放平台 Platforms") == ("播放平台", "Platforms")[at]
        assert labels.payee("投流垫付方 Ad-spend advances") == ("投流垫付方", "Ad-spend advances")[at]
        assert labels.payee("红果短剧 App") == "红果短剧 App", "one name of two parts stays whole"

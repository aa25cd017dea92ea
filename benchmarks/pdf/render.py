"""A term sheet's PDF through all doors against a bare WeasyPrint render of the same HTML, turn by turn in one run.

The bare render has everything in its favour: warm, in this process, the same fonts already loaded, nothing attached.
Ours reads and checks the terms, computes the payout table, fills the templates and draws in a child process.
Prints JSON; exit code 1 when the ratio of the medians is above the promise.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from typing import Any

PROMISE = 1.15
ROUNDS = 9
ON = date(2026, 11, 24)


def _money(minor: int) -> dict[str, Any]:
    return {"amount_minor": minor, "currency": "CNY"}


PROJECT: dict[str, Any] = {
    "title": {"zh": "朱砂痣", "en": "Cinnabar"},
    "ask": _money(450_000_000),
    "budget": _money(600_000_000),
    "format": {"episodes": 80, "minutes_per_episode": 1.5, "orientation": "vertical"},
    "use_of_funds": [
        {"label": "制作 Production", "kind": "production", "amount": _money(300_000_000)},
        {"label": "投流 Ad spend", "kind": "ad_spend", "amount": _money(150_000_000)},
    ],
}
PARTIES = {
    "investor": {"name": {"zh": "青禾资本", "en": "Qinghe Capital"}},
    "creator": {"name": {"zh": "镕玥影视", "en": "Rongyue Pictures"}},
}


def _bare(cache: str) -> Callable[[str], bytes]:
    """WeasyPrint itself in this process, with our fonts."""
    from dealflow.core.pdf_child import FONTS

    os.environ |= {"FONTCONFIG_FILE": str(FONTS / "fonts.conf"), "XDG_CACHE_HOME": cache}
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()

    def render(html: str) -> bytes:
        content = weasyprint.HTML(string=html).write_pdf(
            font_config=fonts, pdf_variant="pdf/a-3a", pdf_identifier=b"bench"
        )
        return bytes(content)

    return render


def _clock(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(lang: str, bare: Callable[[str], bytes]) -> dict[str, Any]:
    """Medians of both, and their ratio, for one language."""
    from dealflow.termsheets import library

    terms = library.default_terms("revenue_share", PROJECT, PARTIES, on=ON)
    given: dict[str, Any] = {"version_code": "TS-BENCH", "state": "draft", "lang": lang, "generated_on": ON}
    document = library.build_document("revenue_share", PROJECT, PARTIES, terms, **given)
    html = library.render_html(document)

    def ours() -> bytes:
        return library.termsheet_pdf("revenue_share", PROJECT, PARTIES, terms, **given)

    size = len(ours())
    bare(html)
    times: dict[str, list[float]] = {"bare": [], "ours": []}
    for _round in range(ROUNDS):
        times["bare"].append(_clock(lambda: bare(html)))
        times["ours"].append(_clock(ours))
    medians = {name: statistics.median(found) for name, found in times.items()}
    return {
        "bare_s": round(medians["bare"], 4),
        "ours_s": round(medians["ours"], 4),
        "ratio": round(medians["ours"] / medians["bare"], 3),
        "bytes": size,
    }


def main() -> int:
    """Measure each language; 1 when one of them misses the promise."""
    with tempfile.TemporaryDirectory() as cache:
        bare = _bare(cache)
        languages = {lang: measure(lang, bare) for lang in ("zh", "en", "zh+en")}
    worst = max(found["ratio"] for found in languages.values())
    result = {
        "promise": PROMISE,
        "worst_ratio": worst,
        "kept": worst <= PROMISE,
        "rounds": ROUNDS,
        "languages": languages,
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))
    return 0 if result["kept"] else 1


if __name__ == "__main__":
    sys.exit(main())

"""Guard against keyword stuffing: a text is read once. Simulated with its gain before and after in
benchmarks/matching/gaming.py."""

import re
from collections import Counter

LONGEST_KEYWORD = 5  # Han signs; words of other scripts: two
LIST_FROM = 6  # short pieces in a row are a list of keywords, of which the first few are read
READ_OF_LIST = 3
MOST_SAID = 2
_HAN = "㐀-鿿豈-﫿\U00020000-\U0003ffff"
# A space separates pieces only beside Han signs; elsewhere it separates words of one piece.
_PIECE = re.compile(rf"[，。！？；、：,.!?;:|/#·•\n\r\t]+|(?<=[{_HAN}])\s+|\s+(?=[{_HAN}])")
_AGAIN = re.compile(r"(.{2,8}?)\1{2,}", re.DOTALL)
_WORD_AGAIN = re.compile(r"\b(\w+)(?:\W+\1\b){2,}", re.IGNORECASE)
_ANY_HAN = re.compile(rf"[{_HAN}]")


def read_once(text: str) -> str:
    """A text as a reader takes it in: what is said a third time adds nothing, and of a bare list of keywords the first
    few count. Sentences are left as they are."""
    kept: list[str] = []
    seen: Counter[str] = Counter()
    run = kept_of_run = 0
    for piece in _PIECE.split(text):
        plain = piece.strip()
        if not plain:
            continue
        run, kept_of_run = (run + 1, kept_of_run) if _is_keyword(plain) else (0, 0)
        if run == LIST_FROM and kept_of_run > READ_OF_LIST:
            del kept[READ_OF_LIST - kept_of_run :]
        key = plain.casefold()
        seen[key] += 1
        if run >= LIST_FROM or seen[key] > (1 if run else MOST_SAID):
            continue
        kept.append(_WORD_AGAIN.sub(r"\1", _AGAIN.sub(r"\1", plain)))
        kept_of_run += run > 0
    return "\n".join(kept)


def _is_keyword(piece: str) -> bool:
    if _ANY_HAN.search(piece):
        return len(piece) <= LONGEST_KEYWORD
    return len(piece.split()) <= 2

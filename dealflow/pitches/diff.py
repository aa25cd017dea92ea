"""What differs between two versions of a pitch, in words that people read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from dealflow.core.i18n import N_, gettext, locale
from dealflow.core.money import Money, show
from dealflow.pitches.vocabulary import Genre, label, language_name, region_name

# Every field that a version holds, in the order of the page.
FIELDS = {
    "title.zh": N_("Title in Chinese"), "title.en": N_("Title in English"), "logline": N_("Logline"), "synopsis": N_("Synopsis"),
    "genres": N_("Genres"), "audience.gender": N_("Audience"), "audience.ages": N_("Ages"), "languages": N_("Languages"),
    "regions": N_("Regions"), "format.episodes": N_("Episodes"), "format.minutes_per_episode": N_("Minutes each"),
    "format.orientation": N_("Orientation"), "stage": N_("Stage"), "budget": N_("Budget"), "ask": N_("Ask"),
    "min_ticket": N_("Smallest ticket"), "instruments": N_("Ways to invest"), "use_of_funds": N_("Use of funds"),
    "team": N_("Team"), "track_record": N_("Track record"), "comparables": N_("Comparable series"),
    "schedule.prep": N_("Preparation"), "schedule.shoot_start": N_("Shooting starts"), "schedule.shoot_end": N_("Shooting ends"),
    "schedule.release": N_("Release"), "scenes_needed": N_("Scenes needed"), "hooks": N_("Hooks and paywall cards"),
    "visibility": N_("Visibility"), "sample_episode_url": N_("Sample episode"),
}  # fmt: skip
_PARTED = ("use_of_funds", "team", "track_record", "hooks")


def field_label(path: str) -> str:
    """The name of a field of the pitch, given as a dotted path, in the current language."""
    parts = path.split(".")
    known = FIELDS.get(".".join(parts[:2])) or FIELDS.get(parts[0])
    if known is None:
        known = {"title": N_("Title"), "format": N_("Format"), "audience": N_("Audience"), "schedule": N_("Schedule"),
                 "external_id": N_("External id"), "status": N_("Status")}.get(parts[0])  # fmt: skip
    if known is None:
        return path
    row = next((p for p in parts[1:] if p.isdecimal()), None)
    return gettext(known) + (f" {int(row) + 1}" if row is not None else "")


def changes(
    before: dict[str, Any], after: dict[str, Any], genres: Mapping[str, Genre]
) -> list[dict[str, str | None]]:
    """Differences as {field, label, before, after}; rows of a list (a fund line, a person) are compared one by one."""
    found: list[dict[str, str | None]] = []
    for path, name in FIELDS.items():
        old, new = _value(before, path), _value(after, path)
        if old == new:
            continue
        if path in _PARTED:
            found += _rows(path, gettext(name), old or [], new or [])
        else:
            found.append(_change(path, gettext(name), _text(path, old, genres), _text(path, new, genres)))
    return found


def _value(data: dict[str, Any], path: str) -> Any:
    head, _, rest = path.partition(".")
    value = data.get(head)
    return (value or {}).get(rest) if rest else value


def _change(field: str, name: str, old: str, new: str) -> dict[str, str | None]:
    return {"field": field, "label": name, "before": old or None, "after": new or None}


def _rows(path: str, name: str, old: list[Any], new: list[Any]) -> list[dict[str, str | None]]:
    was, now = _keyed(path, old), _keyed(path, new)
    found = [
        _change(path, f"{name} · {key[0]}", was.get(key, ""), now.get(key, ""))
        for key in [*was, *(k for k in now if k not in was)]
        if was.get(key) != now.get(key)
    ]
    # Only the order changed: show it whole rather than not at all.
    return found or [_change(path, name, "; ".join(was.values()), "; ".join(now.values()))]


def _keyed(path: str, rows: list[Any]) -> dict[tuple[str, int], str]:
    found: dict[tuple[str, int], str] = {}
    for row in rows:
        key, text = row_text(path, row)
        number = 0
        while (key, number) in found:
            number += 1
        found[key, number] = text
    return found


def row_text(path: str, row: dict[str, Any]) -> tuple[str, str]:
    """The name of a row (fund line, person, work, card) and its whole content, in the current language."""
    if path == "use_of_funds":
        return row["label"], f"{label(row['kind'])} {show(Money(**row['amount']))}"
    if path == "team":
        return row["name"], " · ".join(
            filter(None, (row["role"], gettext("%(n)s credits", n=row["credits"])))
        )
    if path == "track_record":
        receipts = show(Money(**row["receipts"])) if row["receipts"] else ""
        plays = gettext("%(n)s plays", n=f"{row['plays']:,}") if row["plays"] is not None else ""
        return row["title"], " · ".join(
            filter(None, (str(row["year"]), plays, receipts, label(row["evidence_class"])))
        )
    return gettext("Episode %(n)s", n=row["episode"]), " · ".join(
        filter(None, (label(row["kind"]), row["note"]))
    )


def _text(path: str, value: Any, genres: Mapping[str, Genre]) -> str:
    if value is None or value == []:
        return ""
    listed = {
        "genres": lambda v: genres[v].name if v in genres else v, "languages": language_name, "regions": region_name,
        "instruments": label,
    }  # fmt: skip
    if path in listed:
        return gettext(", ").join(listed[path](v) for v in value)
    if path == "audience.ages":
        return f"{value[0]}–{value[1]}"
    if path.startswith("schedule."):
        from babel.dates import format_date

        return format_date(date.fromisoformat(value), locale=locale())
    if isinstance(value, dict):
        return show(Money(**value))
    if isinstance(value, list):
        return gettext(", ").join(str(v) for v in value)
    if path in ("stage", "visibility", "audience.gender", "format.orientation"):
        return label(value)
    return f"{value:g}" if isinstance(value, float) else str(value)

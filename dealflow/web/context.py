"""What every template can use: language, navigation, filters, addresses of assets."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import flask
from flask import Flask, g, request, url_for

from dealflow.core import clock, i18n, money, nav, policy, slots
from dealflow.core.actor import ANONYMOUS
from dealflow.core.http import actor
from dealflow.web import once


def choose_language() -> None:
    """Language of this request: ?lang=, cookie, the API's Accept-Language, the user's own, the browser's."""
    who = g.get("actor", ANONYMOUS)
    asked = request.args.get("lang")
    header = request.headers.get("Accept-Language")
    if asked in i18n.LANGUAGES and not request.path.startswith("/api/v1/"):
        chosen = asked
    elif request.path.startswith("/api/v1/"):
        chosen = i18n.negotiate(header, who.locale)
    elif request.cookies.get("lang") in i18n.LANGUAGES:
        chosen = request.cookies["lang"]
    else:
        chosen = who.locale if who.is_authenticated else i18n.negotiate(header)
    i18n.activate(chosen, who.time_zone)


@lru_cache(maxsize=512)
def _fingerprint(path: str, _mtime: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file, with a hash of its content so that it may be cached for ever."""
    path = Path(flask.current_app.static_folder or "") / name
    return url_for("static", filename=name, v=_fingerprint(str(path), path.stat().st_mtime))


def _local(moment: datetime) -> datetime:
    return moment.astimezone(ZoneInfo(i18n.zone()))


def show_date(value: date | datetime | str | None, style: str = "medium") -> str:
    """A date in the reader's language and zone; what is kept as JSON has it as text. The style "near" leaves out this year."""
    if value is None:
        return "—"
    if isinstance(value, str):
        value = date.fromisoformat(value)
    day = _local(value).date() if isinstance(value, datetime) else value
    if style == "near":
        from babel.dates import format_skeleton

        this_year = day.year == clock.today(i18n.zone()).year
        return format_skeleton("MMMd" if this_year else "yMMMd", day, locale=i18n.locale())
    return i18n.show_day(day, style)


def show_datetime(value: datetime | None) -> str:
    """A moment in the reader's language and zone, to the minute."""
    if value is None:
        return "—"
    from babel.dates import format_date

    there = _local(value)
    day = format_date(there, "medium", locale=i18n.locale())
    return f"{day}{' ' if i18n.language() == 'zh' else ', '}{there:%H:%M}"


def relative_time(value: datetime | None) -> str:
    """How long ago, or how soon."""
    if value is None:
        return "—"
    from babel.dates import format_timedelta

    return format_timedelta(value - clock.now(), add_direction=True, locale=i18n.locale())


def number(value: float | Decimal | None) -> str:
    """A number with grouping."""
    if value is None:
        return "—"
    from babel.numbers import format_decimal

    return format_decimal(value, locale=i18n.locale())


def number_short(value: float | Decimal) -> str:
    """A round number for the axis of a drawing: `400万`, `4M`."""
    from babel.numbers import format_compact_decimal

    shown = i18n.rounded_to_unit(Decimal(str(value)))
    return format_compact_decimal(shown, locale=i18n.locale(), fraction_digits=1).replace(".0", "")


def percent(value: float | None, digits: int = 0) -> str:
    """A share (0…1) as a percentage."""
    return "—" if value is None else f"{value * 100:.{digits}f}%"


def sentences(parts: Sequence[str]) -> str:
    """Sentences one after another: Chinese ones need no space between them."""
    return ("" if i18n.language() == "zh" else " ").join(parts)


def filesize(value: int | None) -> str:
    """Bytes in the next readable unit."""
    if value is None:
        return "—"
    size, units = float(value), ["B", "kB", "MB", "GB", "TB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        units.pop(0)
    return f"{size:.0f} {units[0]}" if units[0] == "B" or size >= 100 else f"{size:.1f} {units[0]}"


def _navigation() -> list[dict[str, Any]]:
    found = [(e, url_for(e.endpoint)) for e in nav.entries(actor())]
    here = _entry_of_page(found)
    return [
        {"key": e.key, "label": i18n.gettext(e.label), "url": url, "icon": e.icon, "active": e.key == here, "count": None}
        for e, url in found
    ]  # fmt: skip


def _entry_of_page(found: list[tuple[nav.Entry, str]]) -> str | None:
    """The entry under which the page stands: that of its room; of several, the one whose address it begins with, or the first."""
    exact = [e.key for e, _url in found if request.endpoint in (e.endpoint, *e.also)]
    if exact:
        return exact[0]
    room = (request.endpoint or "").split(".")[0]
    of_room = [(e, url) for e, url in found if e.endpoint.split(".")[0] == room and room != "web"]
    below = [e.key for e, url in of_room if f"{request.path}/".startswith(f"{url}/")]
    return next(iter(below or [e.key for e, _url in of_room]), None)


def _setting_tabs() -> list[dict[str, Any]]:
    tabs = [(e, url_for(e.endpoint)) for e in nav.settings(actor())]
    # The longest address that this one begins with: /settings is the beginning of all.
    here = max((url for _e, url in tabs if request.path.startswith(url)), key=len, default="")
    return [{"label": i18n.gettext(e.label), "href": url, "active": url == here} for e, url in tabs]


def _language_urls() -> dict[str, str]:
    args = {k: v for k, v in request.args.items() if k != "lang"}
    return {code: f"{request.path}?{urlencode(args | {'lang': code})}" for code in i18n.LANGUAGES}


def install(app: Flask) -> None:
    """Add globals, filters and the cookie that keeps the language."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext, i18n.plural_form, newstyle=True, pgettext=i18n.pgettext
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        money=money.show, money_short=money.short, date=show_date, datetime=show_datetime, number=number, number_short=number_short,
        percent=percent, sentences=sentences, filesize=filesize, relative_time=relative_time, localised=i18n.localised, moment=clock.parse,
    )  # fmt: skip

    # Macros are imported without context, so what they use must be global.
    app.jinja_env.globals.update(asset=asset, request=request, once_token=once.token)

    @app.context_processor
    def shared() -> dict[str, Any]:
        who = actor()
        theme = request.cookies.get("theme", "auto")
        return {
            "actor": who,
            "lang": i18n.language(),
            "html_lang": i18n.HTML[i18n.language()],
            "lang_urls": _language_urls(),
            "theme": theme if theme in ("auto", "light", "dark") else "auto",
            "nav": _navigation() if who.is_authenticated else [],
            "setting_tabs": _setting_tabs,
            "can": lambda permission, thing=None: policy.can(who, permission, thing),
            "slots": lambda name, thing=None: slots.panels(name, who, thing),
            "unread_count": _unread(app),
        }

    @app.after_request
    def keep_language(response: flask.Response) -> flask.Response:
        asked = request.args.get("lang")
        if asked in i18n.LANGUAGES and not request.path.startswith("/api/v1/"):
            response.set_cookie(
                "lang", asked, max_age=365 * 86400, samesite="Lax", httponly=True,
                secure=app.config["SESSION_COOKIE_SECURE"],
            )  # fmt: skip
        return response


def _unread(app: Flask) -> int:
    # The notify room counts; the layout only shows.
    counter = app.extensions.get("dealflow.unread")
    who = actor()
    return counter(who) if counter and who.is_authenticated else 0

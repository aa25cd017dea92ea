"""The one place that knows what time it is.

Everything stored is UTC. `set_base` moves the start of the clock for demos and tests; time then runs on
from there, so that leases and deadlines still pass.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

# How far the clocks of several hosts may be apart.
SKEW = timedelta(minutes=1)
_offset = timedelta(0)
_frozen: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _frozen if _frozen is not None else real_now() + _offset


def real_now() -> datetime:
    """The machine's own time, in UTC: the base from which a moved clock runs."""
    return datetime.now(UTC)


def today(zone: str = "Asia/Shanghai") -> date:
    """The calendar date at this moment in a time zone (IANA name)."""
    return day_of(now(), zone)


def day_of(moment: datetime, zone: str = "Asia/Shanghai") -> date:
    """The calendar date of a moment in a time zone (IANA name)."""
    return moment.astimezone(ZoneInfo(zone)).date()


def is_ahead(moment: datetime) -> bool:
    """Whether something that was noted at this moment has not happened yet: the clock was set back since."""
    return moment > now() + SKEW


def set_base(start: datetime | None, *, since: datetime | None = None) -> None:
    """Let the clock read `start` at the real moment `since` (default: this moment); None: real time."""
    global _offset, _frozen
    _frozen = None
    _offset = timedelta(0) if start is None else start - (since or real_now())


def freeze(at: datetime | None) -> None:
    """Stop the clock at `at`; None lets it run again. Only tests call this."""
    global _frozen
    _frozen = at


def parse(text: str) -> datetime:
    """An RFC 3339 moment as aware UTC; ValueError when it has no zone or is no moment."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC)


def rfc3339(moment: datetime) -> str:
    """A moment as RFC 3339 in UTC with a trailing Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

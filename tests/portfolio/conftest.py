"""A fund of two years with three holdings: one that pays back, one that ended, one that was never valued."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dealflow.accounts import identity
from dealflow.accounts.models import User
from dealflow.core import clock, db
from dealflow.portfolio.service import booking, holdings
from dealflow.settings import Settings
from tests.conftest import Person
from tests.funds.conftest import House, build, stand, yuan

TODAY = date(2026, 11, 2)


class Portfolio:
    """The fund's house, and its holdings by name; each deed is a transaction of its own."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.ids: dict[str, str] = {}

    @property
    def manager(self) -> Person:
        return self.house.manager

    @property
    def fund_id(self) -> str:
        return self.house.fund_id

    def do(self, deed: Callable[..., Any], *args: Any, who: Person | None = None, **kwargs: Any) -> Any:
        actor = (who or self.manager).actor
        with db.edge(actor=actor):
            return deed(actor, *args, **kwargs)

    def ask(self, read: Callable[..., Any], *args: Any, who: Person | None = None, **kwargs: Any) -> Any:
        actor = (who or self.manager).actor
        with db.edge(write=False, actor=actor):
            return read(actor, *args, **kwargs)

    def sign_in(self) -> None:
        """Give everybody a token of today: the clock goes further than a token lasts."""
        house = self.house
        with db.system_edge() as session:
            for who in (house.manager, house.second, house.lp, house.stranger):
                who.token = identity.issue_token(session.get_one(User, who.user_id), label="test")[0]

    def hold(self, name: str, **more: Any) -> str:
        self.ids[name] = self.do(holdings.add, self.fund_id, {"name": name, **more}).id
        return self.ids[name]

    def flow(self, name: str, on: date, kind: str, amount: int, reference: str = "") -> Any:
        return self.do(
            booking.book_flow, self.ids[name], on=on, kind=kind, amount=yuan(amount), reference=reference or f"{kind} {on}"
        )  # fmt: skip

    def value(self, name: str, on: date, amount: int, reference: str = "") -> Any:
        return self.do(
            booking.value, self.ids[name], on=on, value=yuan(amount), method="contracted", evidence_class="third_party",
            evidence="Appraisal of the park", reference=reference or f"value {on}",
        )  # fmt: skip


def furnish(house: House) -> Portfolio:
    """Calls, fees, three holdings, a distribution; the clock stands at TODAY."""
    for on, amount in ((date(2025, 2, 10), 4_000_000), (date(2025, 9, 1), 2_000_000)):
        house.paid(house.called(on, amount), on)
    house.paid(house.called(date(2025, 3, 1), 100_000, outside=True), date(2025, 3, 1))
    stand(TODAY)
    made = Portfolio(house)
    made.hold("龙王归来", genre="revenge", stage="released", platform="红果")
    made.hold("闪婚", genre="sweet", stage="released", platform="抖音")
    made.hold("Night Train", genre="revenge", stage="production")
    made.flow("龙王归来", date(2025, 2, 20), "cost", 2_000_000)
    made.value("龙王归来", date(2025, 12, 31), 2_600_000)
    made.flow("龙王归来", date(2026, 3, 1), "proceeds", 900_000)
    made.value("龙王归来", date(2026, 9, 30), 2_100_000)
    made.flow("闪婚", date(2025, 3, 15), "cost", 1_500_000)
    made.flow("闪婚", date(2026, 1, 20), "proceeds", 600_000)
    made.do(booking.close, made.ids["闪婚"], status="written_off", on=date(2026, 6, 30))
    made.flow("Night Train", date(2025, 9, 10), "cost", 1_200_000)
    house.distributed(date(2026, 3, 20), 1_000_000)
    stand(TODAY)
    made.sign_in()
    return made


@dataclass
class Kept:
    """The furnished database of the first test, and who is in it: the others take a copy."""

    path: Path
    house: House
    ids: dict[str, str]


@pytest.fixture(scope="session")
def kept() -> list[Kept]:
    """Empty until the first test has furnished a fund."""
    return []


def _build(request: pytest.FixtureRequest) -> Portfolio:
    stand(date(2025, 1, 10))
    house = build(request.getfixturevalue("app"), request.getfixturevalue("person"))
    house.close(date(2025, 1, 10), a=6_000_000, b=4_000_000)
    return furnish(house)


def _again(found: Kept, settings: Settings, request: pytest.FixtureRequest) -> Portfolio:
    shutil.copy(found.path, settings.database_url.removeprefix("sqlite:///"))
    app = request.getfixturevalue("app")
    house = found.house
    people = {
        name: replace(getattr(house, name), app=app) for name in ("manager", "second", "lp", "stranger")
    }
    made = Portfolio(replace(house, app=app, **people))
    made.ids = dict(found.ids)
    stand(TODAY)
    return made


@pytest.fixture
def portfolio(
    request: pytest.FixtureRequest,
    settings: Settings,
    kept: list[Kept],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Portfolio]:
    """The fund with its holdings: made once on SQLite and copied, made anew on PostgreSQL."""
    if kept and settings.database_url.startswith("sqlite"):
        yield _again(kept[0], settings, request)
    else:
        made = _build(request)
        if settings.database_url.startswith("sqlite"):
            path = tmp_path_factory.mktemp("furnished") / "app.db"
            raw = db.database().engine.raw_connection()
            raw.driver_connection.execute("VACUUM INTO ?", (str(path),))
            raw.close()
            kept.append(Kept(path, made.house, dict(made.ids)))
        yield made
    clock.freeze(None)

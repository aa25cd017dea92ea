"""Figures of a fund against the shared rules fed by hand, and every figure opened to its rows."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from dealflow.core import clock, db
from dealflow.finance import fund_metrics
from dealflow.portfolio import behind, figures, outlook, planning, queries
from dealflow.portfolio.figures import State
from dealflow.portfolio.service import plans
from tests.portfolio.conftest import TODAY, Portfolio, yuan


def state(portfolio: Portfolio, as_of: date = TODAY) -> Any:
    """Read the fund, and hand the state to a function inside the same transaction."""

    def run(read: Any) -> Any:
        return portfolio.ask(
            lambda actor: read(figures.state(actor, queries.vehicle(actor, portfolio.fund_id), as_of))
        )

    return run


def by_hand(portfolio: Portfolio, answer: dict[str, Any]) -> dict[str, Any]:
    """The shared schema's input for the fund of the fixture at TODAY, the net asset value taken from the answer."""
    ids = portfolio.ids
    day = TODAY.isoformat()

    def flow(on: str, kind: str, amount: int) -> dict[str, Any]:
        return {"on": on, "kind": kind, "amount_minor": amount * 100}

    return {
        "commitment_minor": 10_000_000_00, "as_of": day,
        "flows": [
            flow("2025-02-10", "call", 4_000_000), flow("2025-03-01", "call_outside", 100_000),
            flow("2025-09-01", "call", 2_000_000), flow("2026-03-20", "distribution", 1_000_000),
        ],
        "valuations": [{"on": day, "nav_minor": answer["nav_minor"]}],
        "holdings": [
            {
                "id": ids["龙王归来"],
                "flows": [flow("2025-02-20", "cost", 2_000_000), flow("2026-03-01", "proceeds", 900_000)],
                "valuations": [{"on": "2026-09-30", "value_minor": 2_100_000_00}],
            },
            {
                "id": ids["闪婚"],
                "flows": [flow("2025-03-15", "cost", 1_500_000), flow("2026-01-20", "proceeds", 600_000)],
                "valuations": [],
            },
            {
                "id": ids["Night Train"], "flows": [flow("2025-09-10", "cost", 1_200_000)],
                "valuations": [{"on": "2025-09-10", "value_minor": 1_200_000_00}],
            },
        ],
    }  # fmt: skip


def test_metrics_are_those_of_the_shared_rules(portfolio: Portfolio) -> None:
    answer = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics?as_of={TODAY}&by=genre").get_json()
    wanted = fund_metrics.compute(by_hand(portfolio, answer))
    # To each rate the pages and the API add how long its period is.
    for rates in (answer, *answer["holdings"].values()):
        for name in {"irr", "gross_irr"} & set(rates):
            rates[name] = {key: rates[name][key] for key in ("rate", "ambiguous", "reason")}
    assert {name: answer[name] for name in wanted if name != "holdings"} | {
        "holdings": answer["holdings"]
    } == wanted
    assert [(row["name"], row["holdings"], row["cost_minor"]) for row in answer["groups"]] == [
        ("revenge", 2, 3_200_000_00), ("sweet", 1, 1_500_000_00),
    ]  # fmt: skip
    # Money in, less what was bought, plus what came back, less what went out, plus what the holdings are worth.
    cash = 6_100_000 - 4_700_000 + 1_500_000 - 1_000_000
    assert answer["before_carry"]["nav_minor"] == (cash + 2_100_000 + 1_200_000) * 100
    assert answer["nav_minor"] == answer["before_carry"]["nav_minor"] - answer["carry_accrued_minor"]


def test_figures_look_back_to_any_day(portfolio: Portfolio) -> None:
    early = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics?as_of=2025-02-28").get_json()
    assert (early["paid_in_minor"], early["distributed_minor"]) == (4_000_000_00, 0)
    assert early["holdings"][portfolio.ids["龙王归来"]]["value_minor"] == 2_000_000_00
    before = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics?as_of=2025-01-01").get_json()
    assert (before["tvpi"], before["irr"]["reason"]) == (None, "no_sign_change")


def test_every_figure_opens_to_rows_that_sum_to_it(portfolio: Portfolio) -> None:
    def check(found: State) -> None:
        answer = figures.metrics(found)
        wanted = {
            "commitment": answer["commitment_minor"], "paid_in": answer["paid_in_minor"],
            "distributed": answer["distributed_minor"], "unfunded": answer["unfunded_minor"], "nav": answer["nav_minor"],
            **{name: found.total(name) for name in ("cost", "proceeds", "value", "realised", "unrealised")},
        }  # fmt: skip
        for name, minor in wanted.items():
            rows = behind.rows(found, name)
            assert sum(row.minor for row in rows) == minor, name
            if name in ("paid_in", "distributed", "cost", "proceeds"):
                assert rows
                assert all(row.entry_id for row in rows), name
        assert sum(row.minor for row in behind.rows(found, "irr")) == (
            answer["distributed_minor"] + answer["nav_minor"] - answer["paid_in_minor"]
        )

    state(portfolio)(check)


def test_the_line_moves_the_rate_and_never_the_capital(portfolio: Portfolio) -> None:
    before = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics").get_json()
    assert before["irr_without_line"] == before["irr"]
    place = f"/funds/{portfolio.fund_id}/line"
    for on, kind, amount, reference in (
        ("2025-04-01", "draw", 2_000_000, "d1"),
        ("2025-09-02", "repay", 2_000_000, "r1"),
        ("2025-09-02", "interest", 20_000, "i1"),
    ):
        body = {
            "on": on,
            "kind": kind,
            "amount": {"amount_minor": amount * 100, "currency": "CNY"},
            "reference": reference,
        }
        assert portfolio.manager.post(place, body).status_code == 201
        assert portfolio.manager.post(place, body).status_code == 201
    assert portfolio.manager.get(place).get_json()["total"] == 3
    after = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics").get_json()
    assert after["before_carry"]["nav_minor"] == before["before_carry"]["nav_minor"] - 20_000_00
    # Paid in five months earlier, less interest: the loss is spread over a longer time.
    assert after["irr_without_line"]["rate"] != after["irr"]["rate"]
    more = {
        "on": "2025-09-03",
        "kind": "repay",
        "amount": {"amount_minor": 1, "currency": "CNY"},
        "reference": "r2",
    }
    assert portfolio.manager.post(place, more).get_json()["errors"][0]["code"] == "repays_too_much"


def test_limits_say_what_is_above_them(portfolio: Portfolio) -> None:
    place = f"/funds/{portfolio.fund_id}/limits"
    assert portfolio.manager.get(place).get_json()["items"] == []
    changed = portfolio.manager.patch(f"/funds/{portfolio.fund_id}", {"limits": {"genre_ppm": 200_000}}, 1)
    assert changed.status_code == 200, changed.json
    found = portfolio.manager.get(place).get_json()["items"]
    # Of the 10 million committed, 2.3 stand in one genre, and nothing any more in what was written off.
    assert found[0]["items"] == [
        {"name": "revenge", "minor": 2_300_000_00, "ppm": 230_000}, {"name": "sweet", "minor": 0, "ppm": 0},
    ]  # fmt: skip
    above = state(portfolio)(figures.concentration)[0]["above"]
    assert [item["name"] for item in above] == ["revenge"]
    refused = portfolio.manager.post(place, {"dimension": "genre", "most_ppm": 500_000})
    assert refused.get_json()["errors"][0]["code"] == "in_terms"
    assert portfolio.manager.post(place, {"dimension": "vintage", "most_ppm": 100_000}).status_code == 204
    assert len(portfolio.manager.get(place).get_json()["items"]) == 2
    assert portfolio.manager.post(place, {"dimension": "vintage", "most_ppm": None}).status_code == 204
    assert (
        portfolio.manager.post("/funds/own/limits", {"dimension": "genre", "most_ppm": 600_000}).status_code
        == 204
    )
    assert portfolio.manager.get("/funds/own/limits").get_json()["total"] == 1


def test_an_index_is_imported_and_compared(portfolio: Portfolio) -> None:
    import io

    levels = '日期,点位\n2025-01-02,3000\n2025-09-01,3300\n2026-03-20,"3,600"\n2026-11-02,3500\n'
    sent = {"name": "沪深300", "file": (io.BytesIO(levels.encode()), "csi300.csv")}
    made = portfolio.manager.call("POST", "/benchmarks", data=sent, content_type="multipart/form-data")
    assert (made.status_code, made.get_json()["levels"]) == (201, 4)
    found = portfolio.manager.get(
        f"/funds/{portfolio.fund_id}/equivalents?benchmark_id={made.get_json()['id']}"
    ).get_json()
    # 4.0 and 0.1 grew by 3500/3000, 2.0 by 3500/3300; 1.0 came back at 3600.
    answer = portfolio.manager.get(f"/funds/{portfolio.fund_id}/metrics").get_json()
    paid = 4_100_000 * 3500 / 3000 + 2_000_000 * 3500 / 3300
    back = 1_000_000 * 3500 / 3600 + answer["nav_minor"] / 100
    assert abs(float(found["kaplan_schoar"]) - back / paid) < 1e-6
    bad = {"name": "x", "file": (io.BytesIO(b"day,level\n2025-01-02,abc\n"), "x.csv")}
    refused = portfolio.manager.call("POST", "/benchmarks", data=bad, content_type="multipart/form-data")
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "bad_level")
    late = {"name": "late", "file": (io.BytesIO(b"day,level\n2026-01-02,10\n"), "x.csv")}
    index = portfolio.manager.call(
        "POST", "/benchmarks", data=late, content_type="multipart/form-data"
    ).get_json()["id"]
    short = portfolio.manager.get(f"/funds/{portfolio.fund_id}/equivalents?benchmark_id={index}").get_json()
    assert short["errors"][0]["code"] == "index_too_short"
    assert portfolio.house.stranger.get(f"/funds/own/equivalents?benchmark_id={index}").status_code == 404


def test_the_outlook_draws_what_is_held_and_ends_at_the_net_asset_value(portfolio: Portfolio) -> None:
    found = portfolio.manager.get(f"/funds/{portfolio.fund_id}/outlook?quarters=6").get_json()
    assert len(found["quarters"]) == 6
    assert found["total"]["p10"] <= found["total"]["p50"] <= found["total"]["p90"]

    def check(found: State) -> None:
        curve = outlook.j_curve(found)
        assert curve["labels"][0] == "2025-03-31"
        assert curve["cash"][-1] == (1_000_000 - 6_100_000) * 100
        assert curve["total"][-1] - curve["cash"][-1] == found.nav_minor
        paced = outlook.paced(found)
        assert sum(paced["called"]) <= 4_000_000_00 + 9
        assert paced["value"][-1] == 0
        assert outlook.forecast(found, quarters=4, half_life=4)["tested"]["periods"] == []

    state(portfolio)(check)


def test_the_curve_ends_each_quarter_at_the_net_asset_value_of_its_day(portfolio: Portfolio) -> None:
    curve = state(portfolio)(outlook.j_curve)
    assert len(curve["labels"]) == 8
    for label, cash, total in zip(curve["labels"], curve["cash"], curve["total"], strict=True):
        nav = state(portfolio, date.fromisoformat(label))(lambda found: found.nav_minor)
        assert total - cash == nav, label
    # What was paid in and not spent yet stands on the fund's account, and is not lost.
    assert curve["total"][0] == 0


def test_written_off_deals_enter_a_waterfall_by_deals(portfolio: Portfolio) -> None:
    from dealflow.portfolio import carry

    found = portfolio.ask(lambda actor: carry.written_off(portfolio.fund_id, TODAY))
    assert found == [(date(2026, 6, 30), portfolio.ids["闪婚"])]


def test_a_visit_is_noted_and_limits_need_no_second_row(portfolio: Portfolio) -> None:
    first = clock.now()
    assert portfolio.do(plans.visit) is None
    # Back from a holding it is the same visit; after a pause it is another, and what changed since the first is told all along.
    clock.freeze(first + timedelta(minutes=20))
    assert portfolio.do(plans.visit) is None
    clock.freeze(first + timedelta(minutes=80))
    assert portfolio.do(plans.visit) == first + timedelta(minutes=20)
    clock.freeze(first + timedelta(minutes=90))
    assert portfolio.do(plans.visit) == first + timedelta(minutes=20)
    assert (
        portfolio.ask(lambda actor: db.session().scalars(planning.visits(actor)).one()).seen_at.date()
        == TODAY
    )
    for most in (500_000, 400_000):
        portfolio.do(plans.limit, portfolio.fund_id, dimension="vintage", most_ppm=most)
    assert portfolio.ask(lambda actor: planning.limits(portfolio.fund_id)["vintage"].most_ppm) == 400_000
    assert yuan(1).amount_minor == 100

"""Invented projects and mandates for the tests of `ml`, and a small benchmark folder."""

import csv
import datetime as dt
import gzip
import random
from pathlib import Path
from typing import Any

from ml.columns import INSTRUMENTS, STAGES, base_genres

GENRES = base_genres()[:12]
WORDS = ("复仇", "甜宠", "医院", "军营", "ＣＥＯ", "village", "Doctor", "赌博")


def money(amount: int, currency: str = "CNY") -> dict[str, Any]:
    return {"amount_minor": amount, "currency": currency}


def project(number: int, **changes: Any) -> dict[str, Any]:
    """A project with all fields, different for each number."""
    rng = random.Random(number)  # noqa: S311 - sample data
    ask = rng.randint(5, 900) * 1_000_000
    return {
        "id": f"prj_{number:05d}",
        "title": {"zh": f"样例{rng.choice(WORDS)}", "en": f"Sample {number}"},
        "logline": " ".join(rng.choices(WORDS, k=3)),
        "synopsis": "一个关于" + rng.choice(WORDS) + "的故事",
        "genres": rng.sample(GENRES, rng.randint(1, 4)),
        "languages": rng.sample(["zh-CN", "en", "yue"], rng.randint(1, 2)),
        "regions": [rng.choice(["CN-ZJ", "CN-SH", "US"])],
        "stage": rng.choice(STAGES),
        "instruments": rng.sample(INSTRUMENTS, 2),
        "ask": money(ask),
        "budget": money(2 * ask),
        "min_ticket": money(ask // 20),
        "team": [{"name": "A", "role": "director", "credits": rng.randint(0, 9)}],
        "track_record": [{"title": "X", "plays": 10 ** rng.randint(3, 8), "evidence_class": "third_party"}],
        "signals": {
            "review_passed": rng.random() < 0.5,
            "scenes_available": rng.random(),
            "age_days": rng.randint(0, 90),
            "interactions": rng.choice([0, 0, 3]),
            "attention": rng.randint(0, 5),
        },
    } | changes


def mandate(**changes: Any) -> dict[str, Any]:
    """A mandate that states something of everything."""
    return {
        "id": "mnd_1",
        "constraints": {"genres_none": [GENRES[3]]},
        "preferences": {
            "genres": {GENRES[0]: 1.0, GENRES[1]: 0.5, GENRES[2]: -1.0},
            "languages": {"zh-CN": 0.5},
            "stages": {"financing": 1.0, "released": -0.5},
            "text": "复仇 Doctor",
            "ticket": money(100_000_000),
            "weight_text": 0.8,
        },
        "max_per_project": money(300_000_000),
    } | changes


def write_csv(path: Path, header: str, rows: list[tuple[object, ...]]) -> None:
    with gzip.open(path, "wt", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header.split(","))
        writer.writerows(rows)


def write_benchmark(folder: Path) -> None:
    """A small invented benchmark in the form of the real one: two kinds of investors and two kinds of projects."""
    rng = random.Random(5)  # noqa: S311 - sample data
    kinds = (("software", "CA", "SF Bay"), ("biotech", "MA", "Boston"))
    projects, investors, deals, rounds = [], [], [], []
    cut = dt.date(2012, 10, 1)
    for number in range(260):
        kind = kinds[number % 2]
        seen = cut + dt.timedelta(days=rng.randint(0, 180) if number < 40 else -rng.randint(1, 1400))
        row = (
            f"p{number:05d}",
            f"{kind[0]} {number}",
            kind[0],
            "USA",
            kind[1],
            kind[2],
            kind[2],
            "2008-01-01",
            seen,
        )
        projects.append(row)
        if seen < cut:
            rounds.append((f"p{number:05d}", seen, "series-a", 2_000_000, 2))
    for number in range(60):
        investors.append((f"i{number:05d}", number % 2, "ventures" if number % 3 else "", "2009-01-01"))
        for _ in range(rng.randint(1, 8)):
            choices = [row for row in projects[40:] if (int(row[0][1:]) + number) % 2 == 0]
            chosen = rng.choice(choices)
            deals.append(
                (f"i{number:05d}", chosen[0], chosen[8], rng.choice(["series-a", "angel"]), 2_000_000)
            )
    deals.sort(key=lambda row: row[2])
    write_csv(folder / "projects.csv.gz", PROJECT_HEADER, projects)
    write_csv(folder / "investors.csv.gz", "investor_id,is_org,name_tokens,first_seen", investors)
    write_csv(folder / "interactions_train.csv.gz", DEAL_HEADER, deals)
    write_csv(folder / "rounds_train.csv.gz", ROUND_HEADER, rounds)
    candidates = [
        (f"p{n:05d}", "2012-11-01", "series-a", 2_000_000, int(n < 40), int(n < 40)) for n in range(70)
    ]
    write_csv(folder / "candidates_val.csv.gz", CANDIDATE_HEADER, candidates)
    stated = [
        ("i00001", "history", "", "biotech", "MA", "Boston", "series-a", 1_000_000, 5_000_000, 1, "ventures"),
        ("i00058", "first_deal", "p00041", "software", "CA", "SF Bay", "angel", 800_000, 5_000_000, 0, ""),
    ]
    write_csv(folder / "mandates_val.csv.gz", MANDATE_HEADER, stated)


PROJECT_HEADER = "project_id,name,category_code,country_code,state_code,region,city,founded_at,first_seen"
DEAL_HEADER = "investor_id,project_id,date,round_type,round_amount_usd"
ROUND_HEADER = "project_id,date,round_type,amount_usd,n_known_investors"
CANDIDATE_HEADER = "project_id,open_date,ask_round_type,ask_usd,cold,cold_any_round"
MANDATE_HEADER = (
    "investor_id,source,declared_from_project_id,categories,states,regions,round_types,ask_min_usd,ask_max_usd,"
    "is_org,name_tokens"
)

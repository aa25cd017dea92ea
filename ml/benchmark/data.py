"""Reading the benchmark's files without looking past the cut.

Everything is held as integer codes and day numbers (days since 1970-01-01). For split `validation` the files
`interactions_val` and `rounds_val` are never opened; rows dated on or after the cut are dropped whatever file they
stand in, and a `first_seen` on or after the cut counts as unknown.
"""

import csv
import datetime as dt
import gzip
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

STAGES = ("angel", "series-a", "series-b", "series-c+", "venture", "private-equity", "other", "post-ipo")
UNKNOWN = -1


@dataclass(frozen=True)
class Split:
    """A split of the protocol: which files are history and which window is ranked."""

    name: str
    window: str
    start: dt.date
    history: tuple[str, ...]


SPLITS = {
    "validation": Split("validation", "val", dt.date(2012, 10, 1), ("train",)),
    "test": Split("test", "test", dt.date(2013, 4, 1), ("train", "val")),
}


def day(text: str) -> int:
    """Day number of YYYY-MM-DD."""
    return dt.date.fromisoformat(text).toordinal() - dt.date(1970, 1, 1).toordinal()


def read_rows(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a gzipped CSV as dictionaries of strings."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


@dataclass(frozen=True)
class Codes:
    """Values of one column as numbers; UNKNOWN for empty."""

    values: np.ndarray
    names: tuple[str, ...]

    @classmethod
    def of(cls, column: list[str]) -> "Codes":
        names = tuple(sorted({value for value in column if value}))
        numbers = {name: number for number, name in enumerate(names)}
        return cls(np.array([numbers.get(value, UNKNOWN) for value in column], dtype=np.int32), names)

    def number(self, name: str) -> int:
        return self.names.index(name) if name in self.names else UNKNOWN

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Events:
    """Investments in time order: investor, project, day, stage codes and log10 of the round's amount (nan)."""

    investor: np.ndarray
    project: np.ndarray
    day: np.ndarray
    stage: np.ndarray
    amount: np.ndarray

    def select(self, keep: np.ndarray) -> "Events":
        return Events(
            self.investor[keep], self.project[keep], self.day[keep], self.stage[keep], self.amount[keep]
        )

    def __len__(self) -> int:
        return len(self.day)


@dataclass(frozen=True)
class Candidates:
    """Projects that raise in a window and what they publish: stage, log10 ask (nan) and the day they open."""

    project: np.ndarray
    stage: np.ndarray
    ask: np.ndarray
    opened: np.ndarray


@dataclass(frozen=True)
class Mandate:
    """A stated preference: code lists in order of weight, log10 range of the ask (nan)."""

    investor: int
    categories: tuple[int, ...]
    states: tuple[int, ...]
    regions: tuple[int, ...]
    stages: tuple[int, ...]
    ask_low: float
    ask_high: float
    source: str = ""


@dataclass(frozen=True)
class Data:
    """All that a model may know at `start`."""

    start: int
    project_ids: list[str]
    investor_ids: list[str]
    names: list[str]
    category: Codes
    state: Codes
    region: Codes
    city: Codes
    founded: np.ndarray
    is_org: np.ndarray
    investor_words: list[str]
    events: Events
    rounds: Events
    candidates: Candidates
    mandates: tuple[Mandate, ...]

    def without_investors(self, hidden: np.ndarray) -> "Data":
        """The same without any investment of the hidden investors."""
        return replace(self, events=self.events.select(~np.isin(self.events.investor, hidden)))


def log_amount(text: str) -> float:
    return float(np.log10(float(text))) if text and float(text) > 0 else float("nan")


def _stage(text: str) -> int:
    return STAGES.index(text) if text in STAGES else UNKNOWN


def load(folder: Path, split: Split) -> Data:
    """The data of a split. Raises FileNotFoundError naming a missing file, ValueError for a malformed one."""
    start = day(split.start.isoformat())
    projects = list(read_rows(folder / "projects.csv.gz"))
    investors = list(read_rows(folder / "investors.csv.gz"))
    project_number = {row["project_id"]: number for number, row in enumerate(projects)}
    investor_number = {row["investor_id"]: number for number, row in enumerate(investors)}
    category, state, region, city = (
        Codes.of([row[name] for row in projects])
        for name in ("category_code", "state_code", "region", "city")
    )
    events = _events(folder, split, "interactions", start, project_number, investor_number)
    rounds = _events(folder, split, "rounds", start, project_number, {})
    candidates = [row for row in read_rows(folder / f"candidates_{split.window}.csv.gz")]
    mandates = tuple(
        Mandate(
            investor=investor_number[row["investor_id"]],
            categories=_codes(category, row["categories"]),
            states=_codes(state, row["states"]),
            regions=_codes(region, row["regions"]),
            stages=tuple(_stage(name) for name in row["round_types"].split("|") if name),
            ask_low=log_amount(row["ask_min_usd"]),
            ask_high=log_amount(row["ask_max_usd"]),
            source=row["source"],
        )
        for row in read_rows(folder / f"mandates_{split.window}.csv.gz")
    )
    return Data(
        start=start,
        project_ids=[row["project_id"] for row in projects],
        investor_ids=[row["investor_id"] for row in investors],
        names=[row["name"] for row in projects],
        category=category,
        state=state,
        region=region,
        city=city,
        founded=np.array([day(row["founded_at"]) if row["founded_at"] else np.nan for row in projects]),
        is_org=np.array([row["is_org"] == "1" for row in investors]),
        investor_words=[row["name_tokens"] for row in investors],
        events=events,
        rounds=rounds,
        candidates=Candidates(
            np.array([project_number[row["project_id"]] for row in candidates], dtype=np.int64),
            np.array([_stage(row["ask_round_type"]) for row in candidates]),
            np.array([log_amount(row["ask_usd"]) for row in candidates]),
            np.array([day(row["open_date"]) for row in candidates], dtype=np.int64),
        ),
        mandates=mandates,
    )


def _codes(codes: Codes, text: str) -> tuple[int, ...]:
    numbers = (codes.number(name) for name in text.split("|") if name)
    return tuple(number for number in numbers if number != UNKNOWN)


def _events(
    folder: Path, split: Split, kind: str, start: int, projects: dict[str, int], investors: dict[str, int]
) -> Events:
    amount = "round_amount_usd" if kind == "interactions" else "amount_usd"
    rows = [
        (
            day(row["date"]),
            investors[row["investor_id"]] if kind == "interactions" else UNKNOWN,
            projects[row["project_id"]],
            _stage(row["round_type"]),
            log_amount(row[amount]),
        )
        for part in split.history
        for row in read_rows(folder / f"{kind}_{part}.csv.gz")
    ]
    rows = sorted(row for row in rows if row[0] < start)
    return Events(
        investor=np.array([row[1] for row in rows], dtype=np.int64),
        project=np.array([row[2] for row in rows], dtype=np.int64),
        day=np.array([row[0] for row in rows], dtype=np.int64),
        stage=np.array([row[3] for row in rows], dtype=np.int64),
        amount=np.array([row[4] for row in rows], dtype=np.float64),
    )


def as_of(data: Data, start: int, end: int) -> tuple[Data, np.ndarray]:
    """A past window as it would have been ranked: the data known at `start`, the candidates of [start, end) (projects
    with a disclosed investor in it, as their first such round asks), and the new pairs [k, 2] that then came."""
    known = data.events.select(data.events.day < start)
    later = data.events.select((data.events.day >= start) & (data.events.day < end))
    project, first = np.unique(later.project, return_index=True)
    past = replace(
        data,
        start=start,
        events=known,
        rounds=data.rounds.select(data.rounds.day < start),
        candidates=Candidates(
            project, later.stage[first], rounded_ask(later.amount[first]), later.day[first]
        ),
        mandates=(),
    )
    before = set(zip(known.investor.tolist(), known.project.tolist(), strict=True))
    pairs = sorted(set(zip(later.investor.tolist(), later.project.tolist(), strict=True)) - before)
    return past, np.array(pairs, dtype=np.int64).reshape(-1, 2)


def rounded_ask(log_ask: np.ndarray) -> np.ndarray:
    """The ask as the benchmark publishes it: rounded to 1, 2 or 5 times a power of ten (log10 in and out)."""
    whole = np.floor(log_ask)
    steps = np.log10([1.0, 2.0, 5.0, 10.0])
    nearest = np.abs((log_ask - whole)[:, None] - steps[None, :])
    nearest = np.where(np.isnan(nearest), np.inf, nearest)
    rounded: np.ndarray = np.where(np.isnan(log_ask), np.nan, whole + steps[nearest.argmin(axis=1)])
    return rounded

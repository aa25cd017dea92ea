"""The benchmark command: leak rules, completeness, same bytes for the same input."""

import csv
import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ranking import references
from ml.__main__ import main
from ml.benchmark.data import SPLITS, UNKNOWN, as_of, day, load, rounded_ask
from ml.benchmark.features import HistoryFeatures
from ml.benchmark.mandates import MandateFeatures
from ml.benchmark.pairs import Sample
from ml.benchmark.run import NEWCOMER_WINDOWS, history_samples, mandate_samples, newcomer_sample
from ml.benchmark.view import View, name_counts, narrowed
from ml.transfer import past_windows
from tests.ml import samples


def scores(folder: Path, out: Path, model: str = "linear") -> list[dict[str, str]]:
    arguments = [
        "rank-benchmark",
        "--data",
        str(folder),
        "--split",
        "validation",
        "--out",
        str(out),
        "--model",
        model,
    ]
    assert main(arguments) == 0
    with gzip.open(out, "rt", encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def arrays(sample: Sample) -> list[np.ndarray]:
    return [sample.features, sample.labels, sample.groups]


@pytest.fixture(scope="module")
def plain(benchmark_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("scores") / "plain.csv.gz"
    scores(benchmark_folder, out)
    return out.read_bytes()


def append(path: Path, rows: list[tuple[object, ...]]) -> None:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        header, *old = list(csv.reader(stream))
    samples.write_csv(path, ",".join(header), [*map(tuple, old), *rows])


def test_every_query_is_scored(benchmark_folder: Path, tmp_path: Path, plain: bytes) -> None:
    rows = scores(benchmark_folder, tmp_path / "again.csv.gz")
    assert (tmp_path / "again.csv.gz").read_bytes() == plain
    data = load(benchmark_folder, SPLITS["validation"])
    candidates = {data.project_ids[number] for number in data.candidates.project}
    by_query: dict[tuple[str, str], set[str]] = {}
    for row in rows:
        by_query.setdefault((row["query"], row["investor_id"]), set()).add(row["project_id"])
        assert np.isfinite(float(row["score"]))
    investors = {data.investor_ids[number] for number in data.events.investor}
    assert {name for kind, name in by_query if kind == "history"} == investors
    assert {name for kind, name in by_query if kind == "mandate"} == {"i00001", "i00058"}
    assert all(found == candidates for found in by_query.values())


def test_the_window_itself_is_not_seen(benchmark_folder: Path, tmp_path: Path, plain: bytes) -> None:
    planted = tmp_path / "planted"
    shutil.copytree(benchmark_folder, planted)
    future = [(f"i{n:05d}", f"p{n % 30:05d}", "2012-10-01", "angel", 9_000_000) for n in range(60)]
    append(planted / "interactions_train.csv.gz", future)
    append(
        planted / "rounds_train.csv.gz",
        [(f"p{n:05d}", "2012-12-01", "angel", 9_000_000, 5) for n in range(60)],
    )
    samples.write_csv(planted / "interactions_val.csv.gz", samples.DEAL_HEADER, future)
    samples.write_csv(planted / "rounds_val.csv.gz", samples.ROUND_HEADER, [])
    samples.write_csv(planted / "truth_val.csv.gz", "investor_id,project_id", [("i00001", "p00002")])
    scores(planted, tmp_path / "planted.csv.gz")
    assert (tmp_path / "planted.csv.gz").read_bytes() == plain


def test_first_seen_is_no_feature(benchmark_folder: Path, tmp_path: Path, plain: bytes) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    with gzip.open(changed / "projects.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        _, *rows = list(csv.reader(stream))
    rows = [(*row[:8], "2013-01-01" if row[8] >= "2012-10-01" else row[8]) for row in rows]
    samples.write_csv(changed / "projects.csv.gz", samples.PROJECT_HEADER, rows)
    scores(changed, tmp_path / "changed.csv.gz")
    assert (tmp_path / "changed.csv.gz").read_bytes() == plain


def test_projects_and_investors_of_later_change_nothing(benchmark_folder: Path, tmp_path: Path) -> None:
    longer = tmp_path / "longer"
    shutil.copytree(benchmark_folder, longer)
    row = ("software", "USA", "CA", "SF Bay", "", "", "2013-02-01")
    append(longer / "projects.csv.gz", [(f"p9{n:04d}", f"software {n}", *row) for n in range(9)])
    append(longer / "investors.csv.gz", [(f"i9{n:04d}", 1, "ventures", "2013-02-01") for n in range(9)])
    results = []
    for folder in (benchmark_folder, longer):
        data = load(folder, SPLITS["validation"])
        counts = name_counts(data.names)
        history = HistoryFeatures(View(data, counts))
        stated = MandateFeatures(history.view, history)
        results.append(
            [
                *arrays(history_samples(data, counts, [0])[0]),
                *arrays(mandate_samples(data, counts, [0])[0]),
                *arrays(newcomer_sample(data, counts)),
                history.block(np.arange(60)),
                stated.block(data.mandates),
            ]
        )
    for before, after in zip(*results, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-5)


def test_declared_investors_rows_do_not_reach_their_scores(
    benchmark_folder: Path, tmp_path: Path, plain: bytes
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    append(
        changed / "interactions_train.csv.gz",
        [("i00001", f"p{n:05d}", "2012-01-05", "angel", 1_000_000) for n in range(100, 120)],
    )
    rows = scores(changed, tmp_path / "changed.csv.gz")
    before = list(csv.DictReader(gzip.decompress(plain).decode().splitlines()))
    assert [row for row in rows if row["query"] == "mandate"] == [
        row for row in before if row["query"] == "mandate"
    ]
    assert [row for row in rows if row["query"] == "history"] != [
        row for row in before if row["query"] == "history"
    ]


def test_a_mandate_serves_its_own_query_only(benchmark_folder: Path, tmp_path: Path, plain: bytes) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    with gzip.open(changed / "mandates_val.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        _, first, second = list(csv.reader(stream))
    # Another declared deal, another taste: evidence about the projects for nobody else.
    second = [
        *second[:2],
        "p00066",
        "biotech",
        "MA",
        "Boston",
        "series-a",
        "20000000",
        "90000000",
        "1",
        "bio",
    ]
    samples.write_csv(changed / "mandates_val.csv.gz", samples.MANDATE_HEADER, [tuple(first), tuple(second)])
    rows = scores(changed, tmp_path / "changed.csv.gz")
    before = list(csv.DictReader(gzip.decompress(plain).decode().splitlines()))

    def others(listed: list[dict[str, str]]) -> list[dict[str, str]]:
        return [row for row in listed if (row["query"], row["investor_id"]) != ("mandate", second[0])]

    assert others(rows) == others(before)
    assert rows != before


def test_the_declared_project_of_a_mandate_is_no_evidence(
    benchmark_folder: Path, tmp_path: Path, plain: bytes
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    with gzip.open(changed / "mandates_val.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        _, *rows = list(csv.reader(stream))
    moved = [(*row[:2], "p00003", *row[3:]) for row in rows]
    samples.write_csv(changed / "mandates_val.csv.gz", samples.MANDATE_HEADER, moved)
    scores(changed, tmp_path / "changed.csv.gz")
    assert (tmp_path / "changed.csv.gz").read_bytes() == plain


@pytest.mark.parametrize("column", ["cold", "cold_any_round"])
def test_newness_is_known_from_the_past_alone(
    benchmark_folder: Path, tmp_path: Path, plain: bytes, column: str
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    with gzip.open(changed / "candidates_val.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    flipped = [tuple((row | {column: "0"}).values()) for row in rows]
    samples.write_csv(changed / "candidates_val.csv.gz", samples.CANDIDATE_HEADER, flipped)
    scores(changed, tmp_path / "changed.csv.gz")
    assert (tmp_path / "changed.csv.gz").read_bytes() == plain


def test_an_investor_first_seen_later_is_no_feature(
    benchmark_folder: Path, tmp_path: Path, plain: bytes
) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(benchmark_folder, changed)
    with gzip.open(changed / "investors.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream))
    later = [(*row[:3], "2013-02-14" if number % 2 else "") for number, row in enumerate(rows)]
    samples.write_csv(changed / "investors.csv.gz", ",".join(header), later)
    scores(changed, tmp_path / "changed.csv.gz")
    assert (tmp_path / "changed.csv.gz").read_bytes() == plain


def test_past_windows_know_only_what_came_before(benchmark_folder: Path) -> None:
    data = load(benchmark_folder, SPLITS["validation"])
    start, end = day("2012-01-01"), day("2012-07-01")
    past, pairs = as_of(data, start, end)
    assert past.events.day.max() < start
    assert past.rounds.day.max() < start
    known = set(zip(past.events.investor.tolist(), past.events.project.tolist(), strict=True))
    assert len(pairs)
    assert not known & {tuple(pair) for pair in pairs.tolist()}
    assert set(pairs[:, 1].tolist()) <= set(past.candidates.project.tolist())


def test_first_deals_are_learnt_from_first_time_investors_with_their_whole_lists(
    benchmark_folder: Path,
) -> None:
    data = load(benchmark_folder, SPLITS["validation"])
    expected = []
    for start, end in past_windows(data.start, NEWCOMER_WINDOWS):
        past, pairs = as_of(data, start, end)
        known = set(past.events.investor.tolist())
        neighbours = np.bincount(past.events.investor, minlength=1).max() >= 3
        for investor in sorted(set(pairs[:, 0].tolist()) - known):
            chosen = int((pairs[:, 0] == investor).sum())
            if neighbours and chosen > 1:
                # All candidates of the half-year but the declared one, which is no longer to be foretold.
                expected.append((len(past.candidates.project) - 1, chosen - 1))
    sample = newcomer_sample(data, name_counts(data.names))
    starts = np.cumsum(sample.groups) - sample.groups
    assert expected
    found = zip(sample.groups.tolist(), np.add.reduceat(sample.labels, starts).tolist(), strict=True)
    assert sorted(found) == sorted(expected)
    assert sample.features.shape[1] == len(sample.names) == sample.core


def test_shares_of_the_wanted_codes_are_those_of_the_full_table(benchmark_folder: Path) -> None:
    data = load(benchmark_folder, SPLITS["validation"])
    view = View(data, name_counts(data.names))
    for events, codes, size in view.fields.values():
        wanted, places = narrowed(codes)
        np.testing.assert_array_equal(wanted[places[codes != UNKNOWN]], codes[codes != UNKNOWN])
        full = view.table(events, size, decayed=True)
        np.testing.assert_array_equal(view.table(events, size, True, wanted), full[:, wanted])
        np.testing.assert_allclose(full.sum(axis=1), 1.0, rtol=1e-4)


def test_a_field_no_candidate_fills_has_one_column_and_no_place() -> None:
    wanted, places = narrowed(np.full(3, UNKNOWN))
    assert wanted.tolist() == [0]
    assert places.tolist() == [UNKNOWN] * 3


def test_asks_are_rounded_as_published() -> None:
    amounts = np.array([17_800_000, 2_250_000, 7_400_000, 1_250_000, 750_000, np.nan])
    rounded = 10 ** rounded_ask(np.log10(amounts))
    np.testing.assert_allclose(rounded, [20e6, 2e6, 10e6, 1e6, 1e6, np.nan], rtol=1e-9)


def test_the_blend_runs_and_a_missing_folder_is_an_error(
    benchmark_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scores(benchmark_folder, tmp_path / "blend.csv.gz", "blend")
    assert (
        main(["rank-benchmark", "--data", str(tmp_path / "none"), "--split", "test", "--out", "x.csv"]) == 1
    )
    assert "error:" in capsys.readouterr().err


def test_references_score_every_candidate(benchmark_folder: Path) -> None:
    data = load(benchmark_folder, SPLITS["validation"])
    view = View(data.without_investors(np.array([1])), name_counts(data.names))
    rows = np.flatnonzero(view.deals > 1)
    size = (len(rows), len(data.candidates.project))
    for scores_of in (references.history_cosine, references.item_neighbours):
        found = scores_of(view, rows)
        assert found.shape == size
        assert found.std() > 0
    mandates = references.stated_by_history(view, rows)
    fits = references.rule_fit(data, mandates)
    assert fits.shape == size
    best = data.category.values[data.candidates.project[fits.argmax(axis=1)]]
    assert all(code in mandate.categories for code, mandate in zip(best, mandates, strict=True))
    popular = references.popularity(data)
    backers = np.bincount(data.events.project, minlength=len(data.names))[data.candidates.project]
    assert (np.diff(backers[np.argsort(popular)]) >= 0).all()

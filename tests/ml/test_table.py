"""The kept result of the matching benchmark names every peer with its interval, and the table shows them."""

from __future__ import annotations

import json

import pytest

from benchmarks.ranking import table

PEERS = ("popularity", "tfidf_cosine", "rule_fit", "user_neighbours", "item_neighbours", "als", "bpr",
         "lambda_rank_pairs", "hist_boosting_pairs")  # fmt: skip


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_was_measured_in_the_same_run(name: str) -> None:
    report = json.loads(table.RESULT.read_text("utf-8"))
    found = report["models"][name]["warm"]["all"]["ndcg@10"]
    assert found["ci95"][0] <= found["mean"] <= found["ci95"][1]
    difference = report["paired"]["blend"]["warm"]["all"][name]
    assert difference["ci95"][0] <= difference["mean"] <= difference["ci95"][1]
    shown = [line for line in table.lines(report) if line.startswith(table.NAMES[name])]
    assert len(shown) == 2
    assert f"{found['mean']:.3f} [{found['ci95'][0]:.3f}, {found['ci95'][1]:.3f}]" in shown[0]


def test_newcomers_are_ranked_better_than_by_popularity() -> None:
    models = json.loads(table.RESULT.read_text("utf-8"))["models"]
    for set_name, part in (("warm", "cold_projects"), ("cold", "all"), ("declared", "all")):
        ours, popular = (models[name][set_name][part]["ndcg@10"]["ci95"] for name in ("blend", "popularity"))
        assert ours[0] > popular[1]


def test_without_a_result_the_command_says_how_to_make_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["table", "/nowhere.json"])
    assert table.main() == 1
    assert "benchmarks.ranking.quality" in capsys.readouterr().err

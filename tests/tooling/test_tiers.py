"""The runner of `make test`: worst exit code, browsers by name, servers required where they are promised."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bin"))

import run_benchmarks
import services
import tiers


def exits(code: int) -> tuple[str, ...]:
    return (sys.executable, "-c", f"raise SystemExit({code})")


def test_a_tier_runs_all_its_commands_and_reports_the_worst_code() -> None:
    outcome = tiers.run_tier(tiers.Tier("sample", (exits(0), exits(3), exits(1))), dict(os.environ))
    assert outcome.code == 3
    assert outcome.line().startswith("tier sample: FAILED (exit 3) in ")


def test_a_failing_tier_fails_the_whole_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    sample = (tiers.Tier("first", (exits(4),)), tiers.Tier("second", (exits(0),)))
    monkeypatch.setattr(tiers, "all_tiers", lambda: sample)
    assert tiers.main([]) == 4
    summary = capfd.readouterr().out.rpartition("== make test")[2]
    assert "tier first: FAILED (exit 4)" in summary
    assert "tier second: passed" in summary


def test_the_tiers_take_every_test_exactly_once() -> None:
    marks = [
        command[command.index("-m", 3) + 1] for tier in tiers.all_tiers()[1:] for command in tier.commands
    ]
    assert marks == [
        "not slow and not browser and not on_postgres",
        "on_postgres",
        "slow and not browser and not on_postgres",
        "browser",
    ]


def test_an_unknown_tier_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert tiers.main(["quik"]) == 2
    assert "unknown tier: quik" in capsys.readouterr().err


def test_a_named_browser_that_is_not_there_is_not_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEALFLOW_CHROMIUM", str(tmp_path / "chromium"))
    assert tiers.find_browser() is None


def test_without_a_browser_the_browser_tier_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tiers, "find_browser", lambda: None)
    monkeypatch.setattr(tiers, "test_services", lambda: contextlib.nullcontext({}))
    tier = tiers.Tier("browser", (exits(0),), needs_services=True, needs_browser=True)
    (outcome,) = tiers.run_with_services([tier], {})
    assert outcome.code == 1
    assert "no Chromium" in outcome.note


def test_temporary_files_lie_in_memory_where_there_is_room(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    free = tiers.MEMORY_NEEDED + 1
    monkeypatch.setattr(tiers.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    with tiers.memory_folder(tmp_path) as environment:
        folder = Path(environment["TMPDIR"])
        assert folder.is_dir()
        assert folder.parent == tmp_path
    assert not folder.exists()
    free = 0
    for place in (tmp_path, tmp_path / "absent"):
        with tiers.memory_folder(place) as environment:
            assert environment == {}


def test_a_home_that_cannot_be_written_is_replaced_for_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "absent"))
    with tiers.usable_home() as environment:
        home = Path(environment["HOME"])
        assert home.is_dir()
        assert home != tmp_path / "absent"
    assert not home.exists()


@contextlib.contextmanager
def private_server() -> Iterator[str]:
    yield "sample://private"


@pytest.mark.parametrize(
    ("answering", "url"), [(True, "sample://usual"), (False, "sample://private")], ids=["there", "not there"]
)
def test_the_usual_server_is_used_when_it_answers_else_a_private_one(answering: bool, url: str) -> None:
    found = services.service(
        "Sample", "sample://usual", lambda _url: answering, private_server, required=False
    )
    with found as chosen:
        assert chosen == url


def test_a_required_server_that_does_not_answer_is_an_error_not_a_private_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "wait_until", lambda answers, url: answers(url))
    found = services.service("Sample", "sample://usual", lambda _url: False, private_server, required=True)
    with pytest.raises(services.ServiceMissing, match="CI=true requires Sample"), found:
        pass


def test_a_missing_server_is_an_outcome_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextlib.contextmanager
    def absent() -> Iterator[dict[str, str]]:
        raise services.ServiceMissing("no database")
        yield {}

    monkeypatch.setattr(tiers, "test_services", absent)
    (outcome,) = tiers.run_with_services([tiers.Tier("quick", (exits(0),), needs_services=True)], {})
    assert (outcome.code, outcome.note) == (1, "no database")


@pytest.mark.slow
def test_private_servers_start_answer_and_are_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    closed = services.free_port()
    monkeypatch.setenv("DEALFLOW_TEST_POSTGRES_URL", f"postgresql+psycopg://postgres@127.0.0.1:{closed}/test")
    monkeypatch.setenv("DEALFLOW_TEST_REDIS_URL", f"redis://127.0.0.1:{closed}/0")
    with services.test_services() as urls:
        assert services.postgres_answers(urls["DEALFLOW_TEST_POSTGRES_URL"])
        assert services.redis_answers(urls["DEALFLOW_TEST_REDIS_URL"])
    assert not services.postgres_answers(urls["DEALFLOW_TEST_POSTGRES_URL"])
    assert not services.redis_answers(urls["DEALFLOW_TEST_REDIS_URL"])


def test_a_benchmark_is_a_file_in_a_topic_that_defines_main(tmp_path: Path) -> None:
    topic = tmp_path / "benchmarks" / "pages"
    topic.mkdir(parents=True)
    (topic / "speed.py").write_text("def main():\n    return 0\n", "utf-8")
    (topic / "helper.py").write_text("def rows():\n    return []\n", "utf-8")
    assert run_benchmarks.find_benchmarks(tmp_path, []) == [topic / "speed.py"]
    assert run_benchmarks.find_benchmarks(tmp_path, ["pdf"]) == []


def test_json_that_a_benchmark_prints_is_kept_and_other_output_is_not(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks" / "pages" / "speed.py"
    file.parent.mkdir(parents=True)
    kept = run_benchmarks.keep_result(file, '{"ratio": 1.5}', tmp_path)
    assert kept == tmp_path / "benchmarks" / "results" / "pages-speed.json"
    assert kept.read_text("utf-8") == '{\n "ratio": 1.5\n}\n'
    assert run_benchmarks.keep_result(file, "ratio: 1.5", tmp_path) is None

"""Only models signed by our key are read, and nothing is parsed before the signature is checked."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from ml import store
from ml.model import RankModel
from ml.rank import Ranker
from ml.store import ModelRefused

VALUE = {
    "numbers": np.arange(6, dtype=np.float32).reshape(2, 3),
    "nested": {"list": [1, "two", None, 3.5, True]},
}


@pytest.fixture(scope="module")
def keys() -> tuple[bytes, bytes]:
    return store.new_signing_key()


@pytest.fixture
def signed(tmp_path: Path, keys: tuple[bytes, bytes]) -> Path:
    path = tmp_path / "model.skops"
    store.save(path, VALUE, kind="rank", signing_key=keys[0])
    return path


def test_round_trip(signed: Path, keys: tuple[bytes, bytes]) -> None:
    loaded = store.load(signed, kind="rank", verify_key=[store.new_signing_key()[1], keys[1]])
    np.testing.assert_array_equal(loaded["numbers"], VALUE["numbers"])
    assert loaded["nested"] == VALUE["nested"]


class _Tripwire:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (pytest.fail, ("the file was unpickled",))


def test_what_is_not_ours_is_refused_before_parsing(
    signed: Path, keys: tuple[bytes, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def parsed(archive: bytes) -> object:
        pytest.fail("parsed before the signature was checked")

    monkeypatch.setattr(store, "_read_plain", parsed)
    good = signed.read_bytes()
    foreign = tmp_path / "foreign.skops"
    store.save(foreign, {"other": 1}, kind="rank", signing_key=keys[0])
    tail = store.SIGNATURE_BYTES + len(store.MAGIC)
    changed = bytearray(good)
    changed[100] ^= 1
    damaged = {
        "pickle": pickle.dumps(_Tripwire()),
        "unsigned": good[:-tail],
        "one bit": bytes(changed),
        "signature of another file": good[:-tail] + foreign.read_bytes()[-tail:],
        "empty": b"",
        "cut": good[:-1],
    }
    for name, content in damaged.items():
        path = tmp_path / "bad.skops"
        path.write_bytes(content)
        with pytest.raises(ModelRefused):
            store.load(path, kind="rank", verify_key=keys[1])
        assert name
    with pytest.raises(ModelRefused):
        store.load(signed, kind="rank", verify_key=store.new_signing_key()[1])
    with pytest.raises(ModelRefused):
        store.load(signed, kind="review", verify_key=keys[1])


def test_types_that_are_not_named_are_refused(tmp_path: Path, keys: tuple[bytes, bytes]) -> None:
    from sklearn.linear_model import LogisticRegression

    path = tmp_path / "estimator.skops"
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    store.save(path, {"model": model, "extra": Path("x")}, kind="rank", signing_key=keys[0])
    with pytest.raises(ModelRefused, match="not allowed"):
        store.load(path, kind="rank", verify_key=keys[1])


def test_estimators_are_read_when_trusted(tmp_path: Path, keys: tuple[bytes, bytes]) -> None:
    from sklearn.linear_model import LogisticRegression

    path = tmp_path / "estimator.skops"
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    store.save(path, model, kind="review", signing_key=keys[0])
    loaded = store.load(path, kind="review", verify_key=keys[1])
    assert loaded.predict([[1.0]]).tolist() == model.predict([[1.0]]).tolist()


def test_a_signed_file_of_something_else_is_no_ranker(signed: Path, keys: tuple[bytes, bytes]) -> None:
    with pytest.raises(ModelRefused):
        Ranker.load(signed, keys[1])


def test_a_failed_save_leaves_the_old_file(signed: Path, keys: tuple[bytes, bytes]) -> None:
    before = signed.read_bytes()
    with pytest.raises(ValueError, match="private key"):
        store.save(signed, VALUE, kind="rank", signing_key=b"short")
    assert signed.read_bytes() == before
    assert [path.name for path in signed.parent.iterdir()] == [signed.name]


def test_the_shipped_model_survives_a_round_trip(
    ranker: Ranker, tmp_path: Path, keys: tuple[bytes, bytes]
) -> None:
    path = tmp_path / "copy.skops"
    ranker.model.save(path, keys[0])
    copy = Ranker.load(path, keys[1]).model
    assert isinstance(copy, RankModel)
    assert copy.coefficients == ranker.model.coefficients
    np.testing.assert_array_equal(copy.text.components, ranker.model.text.components)

"""Control runs of `test_hostile`: with a guard of the child process taken away, the harm it keeps out comes about.

Each calls the child's own function twice, with the guard and without it, with limits small enough for a test's process.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from PIL import Image

from dealflow.dataroom import child
from tests.dataroom.test_hostile import armed, saved, unpacked
from tests.factories import rooms


def prepared(tmp_path: Path, content: bytes, kind: str = "pdf") -> tuple[dict[str, Any], bytes]:
    """The child's answer to a file, and what it wrote."""
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(content)
    target.unlink(missing_ok=True)
    order = {"work": f"prepare_{kind}", "given": {"source": str(source), "target": str(target)}}
    return child.work(order), target.read_bytes() if target.exists() else b""


def test_without_disarming_scripts_and_attachments_reach_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert b"CANARY" not in unpacked(prepared(tmp_path, armed())[1])
    monkeypatch.setattr(child, "disarm", lambda found: None)
    monkeypatch.setattr(child, "DROPPED", ())
    monkeypatch.setattr(child, "NAMES_DROPPED", ())
    assert unpacked(prepared(tmp_path, armed())[1]).count(b"CANARY") >= 4


def test_without_its_own_answer_a_locked_pdf_is_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = rooms.pdf(encryption=pikepdf.Encryption(owner="o", user="secret"))
    assert prepared(tmp_path, locked)[0] == {"error": "encrypted"}
    monkeypatch.setattr(pikepdf, "PasswordError", KeyError)
    assert prepared(tmp_path, locked)[0]["error"] == "damaged"


def test_without_the_limit_any_number_of_pages_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "PAGES", 500)
    assert prepared(tmp_path, rooms.pdf(500))[0] == {"pages": 500}
    assert prepared(tmp_path, rooms.pdf(501))[0] == {"error": "too_many_pages"}
    monkeypatch.setattr(child, "PAGES", 10**9)
    assert prepared(tmp_path, rooms.pdf(501))[0] == {"pages": 501}


def test_without_measuring_a_page_that_unpacks_without_end_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pdf = pikepdf.open(io.BytesIO(rooms.pdf(1)))
    pdf.pages[0].obj.Contents = pikepdf.Stream(pdf, b" " * (4 << 20))
    content = saved(pdf, compress_streams=True)
    monkeypatch.setattr(child, "UNPACKED", 1 << 20)
    assert prepared(tmp_path, content) == ({"error": "too_large"}, b"")
    monkeypatch.setattr(child, "measure", lambda stream: None)
    answer, taken = prepared(tmp_path, content)
    assert answer == {"pages": 1}
    assert len(unpacked(taken)) > 1 << 20


def test_without_the_limit_a_picture_is_decoded_whatever_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (3000, 3000)).save(stream, "PNG")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1_000_000)
        assert prepared(tmp_path, stream.getvalue(), "image")[0]["error"] == "too_large"
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
        assert prepared(tmp_path, stream.getvalue(), "image")[0] == {"width": 2400, "height": 2400}

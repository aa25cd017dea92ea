"""Parcels with something else inside: packed bodies, names of files made to break headers, ids of other tenants in a table."""

from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Callable
from email.message import Message

import pytest

from dealflow.settlement import presets
from tests.conftest import Person
from tests.factories import pitches
from tests.sweep.matrix_cases import picture
from tests.web.calls import raw


@pytest.fixture
def creator(person: Callable[..., Person]) -> Person:
    return person("creator")


def test_a_packed_body_is_not_unpacked(creator: Person) -> None:
    bomb = gzip.compress(json.dumps({"logline": "x" * 50_000_000}).encode())
    for data in (bomb, gzip.compress(b'{"logline": "x"}')):
        answer = raw(creator, "POST", "/projects", data, Content_Encoding="gzip")
        assert answer.status_code == 400, answer.data
    assert creator.get("/projects?mine=true").json["total"] == 0


NAMES = (
    'a"; filename="evil.html', "a\r\nSet-Cookie: x=1.png", "雨落旧城.png", "x" * 300 + ".png", "../../etc/passwd", "a\\b.png", ";.png",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_files_name_breaks_no_header(creator: Person, name: str) -> None:
    project = creator.post("/projects", pitches.complete()).json
    client = creator.browser()
    sent = client.post(f"/projects/{project['id']}/media", data={"kind": "poster", "file": (picture(), name)})
    assert sent.status_code in (303, 422)
    poster = creator.get(f"/projects/{project['id']}").json["poster_url"]
    if poster is None:
        # A name that no browser sends is refused with the file.
        return
    url = poster.rpartition("/")[0]
    answer = client.get(url)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    header = Message()
    header["Content-Disposition"] = answer.headers["Content-Disposition"]
    shown = header.get_filename() or ""
    assert "/" not in shown
    assert "\r" not in answer.headers["Content-Disposition"]
    assert len(answer.headers.getlist("Content-Disposition")) == 1


def test_ids_of_others_in_a_table_name_nothing_of_theirs(
    creator: Person, person: Callable[..., Person]
) -> None:
    other = person("creator")
    theirs = other.post("/projects", pitches.complete(external_id="A-1")).json
    content = f"id,title\nA-1,mine\n{theirs['id']},mine too\n".encode()
    client = creator.browser()
    path = client.post("/projects/import", data={"file": (io.BytesIO(content), "p.csv")}).location
    assert client.post(f"{path}/run").status_code == 303
    assert other.get(f"/projects/{theirs['id']}").json["version"] == theirs["version"]
    assert creator.get("/projects?mine=true").json["total"] == 2


@pytest.mark.parametrize("cell", ['=HYPERLINK("http://x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "＝1+1"])
def test_a_formula_goes_out_as_text(creator: Person, cell: str) -> None:
    content = (
        "title,ask\n" + json.dumps(cell, ensure_ascii=False).replace('\\"', '""') + ",no amount\n"
    ).encode()
    client = creator.browser()
    path = client.post("/projects/import", data={"file": (io.BytesIO(content), "p.csv")}).location
    refused = client.get(f"{path}/errors.csv").data.decode("utf-8-sig").splitlines()[1]
    assert refused.lstrip('"').startswith("'") or refused.lstrip('"')[:1] not in "=+-@＝"


LONG = 60_000


@pytest.mark.parametrize("letter", ["(", "（", "[", "：", " ", "\t", "\uff02", "0", "a"])
def test_a_table_of_hostile_cells_costs_no_more_than_its_size(creator: Person, letter: str) -> None:
    # An expression that looks at every place from every place takes minutes over such a cell, and others wait.
    cell = "a" + letter * LONG + "b"
    content = f'"{cell}",use_of_funds,title,ask\n,"{cell}",,\n'.encode()
    client = creator.browser()
    begun = time.process_time()
    path = client.post("/projects/import", data={"file": (io.BytesIO(content), "p.csv")}).location
    assert client.get(path).status_code == 200
    assert presets.heading(cell)
    assert time.process_time() - begun < 2

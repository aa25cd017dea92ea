"""Poster, stills and sample episode: shown to those who see the pitch, and to nobody else."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image

from dealflow.pitches.service import media as service
from tests.factories.pitches import published


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (640, 960), "navy").save(out, "JPEG")
    out.seek(0)
    return out


def send(client: Any, project: dict[str, Any], kind: str, stream: io.BytesIO, name: str = "海报.jpg") -> Any:
    return client.post(
        f"/projects/{project['id']}/media", data={"kind": kind, "file": (stream, name)}, content_type="multipart/form-data"
    )  # fmt: skip


def test_a_poster_is_seen_by_those_who_see_the_pitch(person: Any) -> None:
    creator, investor, stranger = person("creator"), person("investor"), person("creator")
    project = published(creator)
    client = creator.browser()
    assert send(client, project, "poster", picture()).status_code == 303
    url = creator.get(f"/projects/{project['id']}").json["poster_url"]
    assert url.startswith("/files/fil_")
    assert client.get(url).mimetype == "image/webp"
    assert investor.browser().get(url).status_code == 200
    assert stranger.browser().get(url).status_code == 404
    assert url in investor.browser().get(f"/projects/{project['id']}").get_data(as_text=True)
    assert url.replace("large", "small") in investor.browser().get("/projects").get_data(as_text=True)
    creator.post(f"/projects/{project['id']}/withdraw")
    assert investor.browser().get(url).status_code == 404


def test_a_new_poster_takes_the_place_of_the_old_one(person: Any) -> None:
    creator, investor = person("creator"), person("investor")
    project = published(creator)
    client = creator.browser()
    send(client, project, "poster", picture())
    first = creator.get(f"/projects/{project['id']}").json["poster_url"]
    send(client, project, "poster", picture())
    second = creator.get(f"/projects/{project['id']}").json["poster_url"]
    assert first != second
    assert investor.browser().get(first).status_code == 404
    assert investor.browser().get(second).status_code == 200


def test_stills_are_counted_and_can_be_removed(person: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(service, "STILLS", 1)
    creator = person("creator")
    viewer = person("creator", "viewer", organisation_id=creator.organisation_id)
    project = published(creator)
    client = creator.browser()
    send(client, project, "still", picture())
    send(client, project, "still", picture())
    page = client.get(f"/projects/{project['id']}/edit/visibility").get_data(as_text=True)
    assert "at most twelve stills" in page
    assert page.count('/small"') == 1
    file_id = page.split("/files/")[1].split("/")[0]
    path = f"/projects/{project['id']}/media/{file_id}/remove"
    assert viewer.browser().post(path).status_code == 403
    assert person("creator").browser().post(path).status_code == 404
    assert client.post(path).status_code == 303
    assert client.post(path).status_code == 404


def test_what_is_no_picture_is_refused_with_a_reason(person: Any) -> None:
    creator = person("creator")
    project = published(creator)
    client = creator.browser()
    assert send(client, project, "poster", io.BytesIO(b"<html><script>alert(1)</script>")).status_code == 303
    page = client.get(f"/projects/{project['id']}/edit/visibility").get_data(as_text=True)
    assert "flash" in page or "banner--danger" in page
    assert creator.get(f"/projects/{project['id']}").json["poster_url"] is None
    assert send(client, project, "trailer", picture()).status_code == 404
    assert client.post(f"/projects/{project['id']}/media", data={"kind": "poster"}).status_code == 303
    assert send(person("investor").browser(), project, "poster", picture()).status_code == 403

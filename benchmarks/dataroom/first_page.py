"""The first pages of a long document, marked with the reader's name, beside the whole of it.

    python -m benchmarks.dataroom.first_page [--pages 300] [--readers 5]

Each reader opens the document for the first time, so nothing is marked yet: they get the part with page 1 as the viewer
asks for it, then the whole file. Prints JSON; exit code 1 when the first part takes more than half of the whole.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pikepdf

from benchmarks import serving
from benchmarks.pdf.render import PROJECT
from dealflow import create_app
from dealflow.accounts import identity
from dealflow.accounts.models import Membership, Organisation, User
from dealflow.core import clock, db, ids, jobs
from dealflow.pitches.models import Project
from tests.factories import rooms

LIMIT = 0.5
_ACCESS = re.compile(r'data-access="([^"]+)"')


def person(app: Any, kind: str, number: int) -> tuple[str, str, str]:
    """A new organisation's owner: (organisation id, token, cookie)."""
    with db.system_edge() as session:
        house = Organisation(id=ids.new("org"), name=f"{kind} {number}", kind=kind)
        user = User(
            id=ids.new("usr"), name=f"读者 {number}", email=f"{kind}{number}@example.test", email_verified_at=clock.now()
        )  # fmt: skip
        session.add_all([house, user])
        session.flush()
        session.add(Membership(organisation_id=house.id, user_id=user.id, role="owner"))
        token, _row = identity.issue_token(user, label="benchmark")
        secret = identity.start_session(
            user, address="127.0.0.1", agent="benchmark", organisation_id=house.id
        )
    return house.id, token, serving.cookie(app, secret)


def project(owner: str) -> str:
    """A published project of the organisation."""
    with db.system_edge() as session:
        made = Project(
            id=ids.new("prj"), organisation_id=owner, status="published", visibility="investors", title_zh="朱砂痣",
            title_en="Cinnabar", logline="重生归来", genres=["revenge"], languages=["zh-CN"], regions=["CN"],
            format=PROJECT["format"], stage="financing", instruments=["revenue_share"], use_of_funds=PROJECT["use_of_funds"],
            schedule={}, ask_minor=PROJECT["ask"]["amount_minor"], ask_currency="CNY",
            budget_minor=PROJECT["budget"]["amount_minor"], budget_currency="CNY", published_at=clock.now(), published_version=1,
        )  # fmt: skip
        session.add(made)
        return str(made.id)


def scanned(pages: int) -> bytes:
    """A document as a scanner makes it: a picture of its own on each page, about 60 kB."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(rooms.pdf(pages))) as document:
        for page in document.pages:
            picture = pikepdf.Stream(document, os.urandom(200 * 300))
            picture.stream_dict = pikepdf.Dictionary(
                Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image, Width=200, Height=300,
                ColorSpace=pikepdf.Name.DeviceGray, BitsPerComponent=8,
            )  # fmt: skip
            page.obj.Resources.XObject = pikepdf.Dictionary(Scan=document.make_indirect(picture))
            page.contents_add(b"q 400 0 0 600 90 80 cm /Scan Do Q")
        document.save(out)
    return out.getvalue()


def timed(client: Any, path: str, headers: dict[str, str]) -> tuple[float, int]:
    """Seconds until the answer is complete, and its bytes."""
    begun = time.perf_counter()
    answer = client.get(path, headers=headers)
    size = len(answer.data)
    assert answer.status_code in (200, 206), (answer.status_code, path)
    return time.perf_counter() - begun, size


def measure(instance: Path, pages: int, readers: int) -> dict[str, Any]:
    """The times of all readers."""
    instance.mkdir(parents=True)
    app = create_app(serving.settings(instance))
    jobs.wake_with(None)
    db.Base.metadata.create_all(db.database().engine)
    client = app.test_client(use_cookies=False)
    owner, token, _cookie = person(app, "creator", 0)
    named = project(owner)
    headers = {"Authorization": f"Bearer {token}"}
    file = {"file": (io.BytesIO(scanned(pages)), "script.pdf")}
    answer = client.post(f"/api/v1/projects/{named}/documents", data=file, headers=headers)
    assert answer.status_code == 201, answer.json
    document = answer.get_json()["id"]
    first: list[float] = []
    whole: list[float] = []
    for number in range(readers):
        house, token, cookie = person(app, "investor", number)
        grant = {"organisation_id": house, "level": "download"}
        assert client.post(f"/api/v1/projects/{named}/grants", json=grant, headers=headers).status_code == 201
        reader = {"Authorization": f"Bearer {token}"}
        assert client.post(f"/api/v1/projects/{named}/nda", json={}, headers=reader).status_code == 201
        page = client.get(f"/documents/{document}", headers={"Cookie": cookie}).text
        access = _ACCESS.findall(page)[0]
        first.append(timed(client, f"/documents/{document}/pages/1?access={access}", {"Cookie": cookie})[0])
        whole.append(timed(client, f"/documents/{document}/content?download=1", {"Cookie": cookie})[0])
    shortest, longest = statistics.median(first), statistics.median(whole)
    return {
        "benchmark": "first pages of a marked document", "pages": pages, "readers": readers,
        "first_p50_ms": round(shortest * 1000, 1), "whole_p50_ms": round(longest * 1000, 1),
        "ratio": round(shortest / longest, 3), "ratio_limit": LIMIT,
    }  # fmt: skip


def main() -> int:
    """Print the result; 1 when the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=300)
    parser.add_argument("--readers", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder) / "instance", options.pages, options.readers)
    print(json.dumps(result))
    return int(result["ratio"] > LIMIT)


if __name__ == "__main__":
    sys.exit(main())

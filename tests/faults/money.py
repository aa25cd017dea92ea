"""Rounds of killing a server while people post expenses of a fund, and what must be in its books afterwards.

The same reference is posted again by whoever did not hear the answer, so an entry that stands twice would be seen.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults import killing
from tests.faults.killing import SERVE, Client, Untiring, answers, token
from tests.faults.processes import Running, environment, wait_for


class Poster(Untiring):
    """Posts expenses of the one fund there is, each with a reference of its own, and each twice."""

    def run(self) -> None:
        try:
            self.fund = fund_of(self.client)
        except OSError:
            self.client.close()
            return
        super().run()

    def _one(self, text: str) -> None:
        answered = [post(self.client, self.fund, text) for _ in range(2)]
        assert answered[0] == answered[1], "the same reference is the same charge"
        self.acknowledged[text] = answered[0]


def fund_of(client: Client, name: str = "一号基金") -> str:
    """The fund of this name with its partners, made when there is none."""
    status, listed = client.call("GET", "/api/v1/funds?limit=200")
    assert status == 200, listed
    known = [fund for fund in listed["items"] if fund["name"] == name]
    if known:
        status, made = client.call("GET", f"/api/v1/funds/{known[0]['id']}")
        assert status == 200, made
        if made["position"]["commitment"]["amount_minor"]:
            return str(made["id"])
    else:
        status, made = client.call("POST", "/api/v1/funds", {"name": name})
        assert status == 201, made
    partners = [
        {"name": name, "amount": {"amount_minor": 10**11, "currency": "CNY"}} for name in ("甲", "乙", "丙")
    ]
    status, closed = client.call("POST", f"/api/v1/funds/{made['id']}/commitments", {"commitments": partners})
    assert status == 201, closed
    return str(made["id"])


def post(client: Client, fund: str, reference: str) -> str:
    """Post an expense; the id of the charge."""
    body = {
        "kind": "expense", "amount": {"amount_minor": 12_345, "currency": "CNY"}, "reference": reference, "text": reference,
    }  # fmt: skip
    status, made = client.call("POST", f"/api/v1/funds/{fund}/charges", body)
    assert status == 201, made
    return str(made["id"])


def prepare(instance: Path, port: int, log: Path, **more: str) -> None:
    """An instance with a fund manager and a fund."""
    killing.prepare(instance, "fund", **more)
    with Running(SERVE, environment(instance, PORT=str(port), **more), log):
        wait_for(lambda: answers(port), f"server; {log.read_text()}")
        with closing(Client(port, token(port))) as client:
            fund_of(client)


def faults(instance: Path, port: int, log: Path, written: dict[str, str], **more: str) -> list[str]:
    """Start once more: a line for each posting that is lost, or there twice, and for each complaint of the books."""
    found: list[str] = []
    with Running(SERVE, environment(instance, PORT=str(port), **more), log):
        wait_for(lambda: answers(port), "server")
        with closing(Client(port, token(port))) as client:
            charges = everything(client, f"/api/v1/funds/{fund_of(client)}/charges")
    times = Counter(str(charge["text"]) for charge in charges)
    known = {str(charge["text"]): charge["id"] for charge in charges}
    found += [f"{text} stands {number} times" for text, number in times.items() if number > 1]
    found += [
        f"{text} was acknowledged and is lost" for text, key in written.items() if known.get(text) != key
    ]
    return found + killing.complaints(instance, ("ledger", "verify"), **more)


def everything(client: Client, path: str) -> list[Any]:
    """All rows of a list, page by page."""
    found: list[Any] = []
    query = "?limit=200"
    while True:
        status, page = client.call("GET", path + query)
        assert status == 200, page
        found += page["items"]
        if not page["next_cursor"]:
            return found
        query = f"?limit=200&cursor={page['next_cursor']}"

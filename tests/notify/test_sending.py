"""A POST to an address that somebody chose: to the open internet only, never redirected, over after five seconds."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dealflow.notify import sending
from dealflow.notify.sending import Undeliverable, is_public, post
from tests.notify.receiver import Receiver, receiving

PRIVATE = (
    "127.0.0.1", "0x7f.1", "2130706433", "017700000001", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "0", "224.0.0.1", "localhost",
)  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def port_of(receiver: Receiver) -> int:
    return int(receiver.url.rpartition(":")[2].partition("/")[0])


@pytest.mark.parametrize("host", PRIVATE)
def test_private_addresses_are_refused_in_every_spelling(receiver: Receiver, host: str) -> None:
    with pytest.raises(Undeliverable) as refusal:
        post(f"http://{host}:{port_of(receiver)}/", b"{}", {})
    assert str(refusal.value) in ("private_address", "unknown_host")
    assert receiver.got == []


@pytest.mark.parametrize(
    "address",
    [
        "192.0.0.8", "fec0::1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1", "::127.0.0.1", "::", "2002:a00:1::", "3fff::1", "5f00::1",
        "fd00::1", "ff02::1", "2001:0:7f00:1::",
    ],
)  # fmt: skip
def test_addresses_of_no_network_and_of_networks_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_the_open_internet_is_not() -> None:
    assert all(is_public(each) for each in ("8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"))


def test_a_name_that_changes_its_mind_is_resolved_once(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the first answer is public, the second private. The connection goes to what was checked."""
    port, asked, dialled = port_of(receiver), [], []
    answers = ["203.0.113.7", "127.0.0.1"]

    def resolve(host: str, *_args: Any, **_kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (answers.pop(0), port))]

    def connect(_self: Any, address: tuple[str, int]) -> None:
        dialled.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(sending, "is_public", lambda address: address == "203.0.113.7")
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(Undeliverable, match="refused"):
        post(f"http://rebind.example:{port}/", b"{}", {})
    assert (asked, dialled) == (["rebind.example"], ["203.0.113.7"])


def test_one_private_address_among_public_ones_spoils_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 80)) for a in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: found)
    with pytest.raises(Undeliverable, match="private_address"):
        post("http://mixed.example/", b"{}", {})


def test_redirects_are_not_followed(receiver: Receiver) -> None:
    def elsewhere(handler: Any) -> None:
        handler.send_response(307)
        handler.send_header("Location", receiver.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    receiver.answers = [elsewhere, 200]
    answer = post(receiver.url, b"{}", {}, private=True)
    assert (answer.status, answer.is_success, len(receiver.got)) == (307, False, 1)


def test_of_a_huge_answer_64_kb_are_read(receiver: Receiver) -> None:
    sent = []

    def flood(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(2000):
                sent.append(handler.wfile.write(b"x" * 65536))
        except OSError:
            sent.append(-1)

    receiver.answers = [flood]
    assert post(receiver.url, b"{}", {}, private=True).read == sending.ANSWER_LIMIT
    assert sum(sent) < 100 * 1024 * 1024


@pytest.mark.parametrize("slow", ["silent", "headers", "body"])
def test_the_time_is_for_all_together(receiver: Receiver, monkeypatch: pytest.MonkeyPatch, slow: str) -> None:
    """One byte at a time keeps each read busy, so the whole is cut and not only a silence."""
    monkeypatch.setattr(sending, "SECONDS", 0.5)
    over = threading.Event()

    def drip(handler: Any) -> None:
        if slow == "body":
            handler.send_response(200)
            handler.end_headers()
        elif slow == "headers":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            while not over.wait(0.05):
                if slow != "silent":
                    handler.wfile.write(b"x")
                    handler.wfile.flush()
        except OSError:
            over.set()

    receiver.answers = [drip]
    begun = time.monotonic()
    with pytest.raises(Undeliverable, match="timeout"):
        post(receiver.url, b"{}", {}, private=True)
    over.set()
    assert time.monotonic() - begun < 3


def test_what_is_no_http_and_nobody_there(receiver: Receiver) -> None:
    receiver.answers = [lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")]
    with pytest.raises(Undeliverable, match="broken_answer"):
        post(receiver.url, b"{}", {}, private=True)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(Undeliverable, match="refused"):
            post(f"http://127.0.0.1:{unused.getsockname()[1]}/", b"{}", {}, private=True)
    with pytest.raises(Undeliverable, match="broken_tls"):
        post(receiver.url.replace("http:", "https:"), b"{}", {}, private=True)

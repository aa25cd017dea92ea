"""One POST to an address that somebody else chose. Knows no database.

The address is resolved once and the connection goes to exactly what was checked, so that a name that changes its mind
(DNS rebinding) leads nowhere. All together may take five seconds; redirects are not followed.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 5.0
ANSWER_LIMIT = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_UNICAST = ipaddress.ip_network("2000::/3")
# Of no network, which Python's own lists do not all know.
_NOWHERE = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("3fff::/20"))


class Undeliverable(Exception):
    """Nothing was delivered; the text is a short code such as `timeout` or `private_address`."""


@dataclass(frozen=True)
class Answer:
    """What the receiver said: the status, and how many bytes of its answer were read."""

    status: int
    read: int

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def is_public(address: str) -> bool:
    """Whether an IP address lies in the open internet, whatever form it is wrapped in."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.teredo is not None:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip not in _UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOWHERE)


def literal(host: str) -> str | None:
    """The IP address that a host is a spelling of (127.0.0.1, 0x7f.1, ::1); None for a name."""
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    with contextlib.suppress(OSError, UnicodeError):
        return socket.inet_ntoa(socket.inet_aton(host))
    return None


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool = False) -> Answer:
    """Send a body. Undeliverable when there is no whole answer in time.

    `private` allows addresses inside the network, for tests and for those who host all themselves.
    """
    target = urlsplit(url)
    host, secure = target.hostname or "", target.scheme == "https"
    port = target.port or (443 if secure else 80)
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    with _connection(host, port, secure=secure, private=private) as sock:
        connection = http.client.HTTPConnection(host, port)
        connection.default_port = 443 if secure else 80
        connection.sock = sock
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, len(answer.read(ANSWER_LIMIT)))


@contextlib.contextmanager
def _connection(host: str, port: int, *, secure: bool, private: bool) -> Iterator[socket.socket]:
    """A connection that is cut when the time is over, and whatever goes wrong on it as Undeliverable."""
    end = time.monotonic() + SECONDS
    late = threading.Event()
    opened: list[socket.socket] = []

    def cut() -> None:
        late.set()
        for sock in opened:
            with contextlib.suppress(OSError):
                # Of the socket beneath TLS, whose own shutdown would first talk to the peer.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    watchdog = threading.Timer(SECONDS, cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        opened.append(_connect(host, port, end, private=private))
        if secure:
            opened.append(ssl.create_default_context().wrap_socket(opened[0], server_hostname=host))
        opened[-1].settimeout(SECONDS)
        _still(late)
        yield opened[-1]
        _still(late)
    except TimeoutError:
        raise Undeliverable("timeout") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Undeliverable("timeout" if late.is_set() else _code(error)) from None
    finally:
        watchdog.cancel()
        for sock in opened:
            sock.close()


def _still(late: threading.Event) -> None:
    if late.is_set():
        raise TimeoutError


def _connect(host: str, port: int, end: float, *, private: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Undeliverable("unknown_host") from None
    # One private address among public ones is no accident, so it spoils them all.
    if not private and not all(is_public(str(each[4][0])) for each in found):
        raise Undeliverable("private_address")
    family, kind, protocol, _name, address = found[0]
    sock = socket.socket(family, kind, protocol)
    try:
        sock.settimeout(max(0.1, end - time.monotonic()))
        sock.connect(address)
    except OSError:
        sock.close()
        raise
    return sock


def _code(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "bad_certificate" if isinstance(error, ssl.SSLCertVerificationError) else "broken_tls"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return (
        "broken_answer" if isinstance(error, http.client.HTTPException | ValueError) else "broken_connection"
    )

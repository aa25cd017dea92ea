"""The process that draws PDFs. Runs by itself (`python -I pdf_child.py`), never inside a web process.

One *server* per parent keeps WeasyPrint and the fonts loaded and forks a *worker* per document, so that a hung or
swollen document costs one process and nothing else. The server watches the clock of every worker, kills its whole
process group when time is over, and appends one status byte to the answer after the worker is gone.

Wire format on a job's socket: a frame (see `pack`) there, then a frame and the status byte back, then end of file.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import selectors
import shutil
import signal
import socket
import struct
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

DONE, TIMED_OUT, DIED, SWOLLEN = 0, 1, 2, 3
# The limit is on processor time; a loaded host may take this many times longer for it.
PATIENCE = 3
ORDER = struct.Struct("<dQ")  # seconds, bytes of memory: what the server must know before it forks
_SIZE = struct.Struct("<Q")
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024
FONTS = Path(__file__).resolve().parents[2] / "static" / "fonts" / "pdf"


class BrokenFrame(ValueError):
    """The bytes are not one whole frame."""


def pack(header: Mapping[str, Any], blobs: Iterable[bytes] = ()) -> bytes:
    """One frame: a JSON header and any number of byte strings."""
    parts = [json.dumps(header, ensure_ascii=False).encode("utf-8", "surrogatepass"), *blobs]
    body = b"".join(_SIZE.pack(len(part)) + part for part in parts)
    return _SIZE.pack(len(body)) + body


def unpack(frame: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Header and byte strings of one frame, or BrokenFrame."""
    if len(frame) < _SIZE.size or _SIZE.unpack_from(frame)[0] != len(frame) - _SIZE.size:
        raise BrokenFrame(f"{len(frame)} bytes are not a whole frame")
    parts, at = [], _SIZE.size
    while at < len(frame):
        (size,) = _SIZE.unpack_from(frame, at)
        parts.append(frame[at + _SIZE.size : at + _SIZE.size + size])
        at += _SIZE.size + size
    return json.loads(parts[0].decode("utf-8", "surrogatepass")), parts[1:]


def _receive(conn: socket.socket) -> bytes:
    head = conn.recv(_SIZE.size, socket.MSG_WAITALL)
    if len(head) < _SIZE.size:
        raise BrokenFrame("the parent went away")
    (left,) = _SIZE.unpack(head)
    chunks = [head]
    while left and (chunk := conn.recv(min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)


def _forbid(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook of a worker: no network, no further process, no file but the interpreter's own and our fonts."""
    if event.startswith(
        ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.dlopen")
    ):
        raise PermissionError(f"a document may not use {event}")
    if event == "open" and isinstance(args[0], (str, bytes)):
        path, mode = os.fsdecode(args[0]), args[1] or "r"
        if not path.startswith(_READABLE) or set(mode) & set("wax+"):
            raise PermissionError(f"a document may not open {path}")


def _packages() -> str:
    """Where WeasyPrint and what it needs are installed, which need not be this environment's own folder."""
    spec = importlib.util.find_spec("weasyprint")
    return str(Path(spec.origin).parents[1]) if spec and spec.origin else sysconfig.get_path("purelib")


_READABLE = tuple(f"{folder}{os.sep}" for folder in (sysconfig.get_path("stdlib"), _packages(), FONTS))


def _fetcher(assets: Mapping[str, tuple[str, bytes]]) -> Any:
    """A fetcher that knows `asset:NAME` and nothing else; any other address ends the rendering."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class Assets(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
            if not url.startswith("asset:") or url[6:] not in assets:
                raise FatalURLFetchingError(f"unknown address {url[:80]}")
            mimetype, content = assets[url[6:]]
            return URLFetcherResponse(url, content, {"Content-Type": mimetype})

    return Assets()


def draw(header: dict[str, Any], blobs: list[bytes], font_config: Any) -> tuple[bytes, int]:
    """PDF bytes and number of pages of one request."""
    import weasyprint

    html, contents = blobs[0].decode("utf-8", "replace"), blobs[1:]
    named = [*header["assets"], *header["attachments"]]
    assets = {entry["key"]: (entry["mimetype"], blob) for entry, blob in zip(named, contents, strict=True)}
    fetcher = _fetcher(assets)
    dated = datetime.fromisoformat(header["dated"]).replace(tzinfo=UTC)
    attachments = [
        weasyprint.Attachment(
            url="asset:" + entry["key"],
            url_fetcher=fetcher,
            name=entry["name"],
            description=entry["description"],
            relationship=entry["relationship"],
            created=dated,
            modified=dated,
        )
        for entry in header["attachments"]
    ]
    options = {"pdf_variant": header["variant"], "pdf_identifier": bytes.fromhex(header["identifier"])}
    options["attachments"] = attachments
    document = weasyprint.HTML(string=html, url_fetcher=fetcher).render(font_config=font_config, **options)
    document.metadata.title, document.metadata.lang = header["title"], header["lang"]
    document.metadata.created = document.metadata.modified = dated.strftime("%Y-%m-%dT%H:%M:%SZ")
    return document.write_pdf(**options), len(document.pages)


def _answer(conn: socket.socket, font_config: Any) -> bytes:
    """The frame that tells what came of the request on `conn`."""
    import logging

    from weasyprint.urls import FatalURLFetchingError

    notes: list[str] = []

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            notes.append(record.getMessage()[:300])

    logger = logging.getLogger("weasyprint")
    logger.handlers = [Notes(logging.WARNING)]
    try:
        header, blobs = unpack(_receive(conn))
        sys.addaudithook(_forbid)
        content, pages = draw(header, blobs, font_config)
        return pack({"pages": pages, "notes": notes[:20]}, [content])
    except MemoryError:
        return pack({"error": "too_large", "message": "out of memory"})
    except RecursionError:
        return pack({"error": "failed", "message": "elements are nested too deeply"})
    except (Exception, FatalURLFetchingError) as error:
        return pack({"error": "failed", "message": f"{type(error).__name__}: {error}"[:300]})


@dataclass
class _Worker:
    pid: int
    conn: socket.socket
    deadline: float
    memory: int
    late: bool = False

    def outcome(self, status: int, peak: int) -> int:
        """What a wait status and the peak of memory, in bytes, tell of its end."""
        if self.late or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)):
            return TIMED_OUT
        if status == 0:
            return DONE
        # Where memory ends inside a library, or while the error is told, no MemoryError can be reported.
        return SWOLLEN if peak > self.memory // 2 else DIED


class Server:
    """Forks a worker per request that comes in on `control`; ends when the parent does."""

    def __init__(self, control: socket.socket, font_config: Any) -> None:
        self.control, self.font_config = control, font_config
        self.workers: dict[int, _Worker] = {}
        self.wake, wake_end = socket.socketpair()
        wake_end.setblocking(False)
        self.wake.setblocking(False)
        self._wake_end = wake_end
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_end.fileno(), warn_on_full_buffer=False)

    def serve(self) -> None:
        """Run until the parent closes its end; then no worker is left behind."""
        selector = selectors.DefaultSelector()
        selector.register(self.control, selectors.EVENT_READ)
        selector.register(self.wake, selectors.EVENT_READ)
        while True:
            due = min((w.deadline for w in self.workers.values() if not w.late), default=None)
            ready = selector.select(None if due is None else max(0.0, due - time.monotonic()))
            for key, _events in ready:
                if key.fileobj is self.wake:
                    self.wake.recv(4096)
                elif not self._accept():
                    for worker in self.workers.values():
                        _kill(worker.pid)
                    return
            self._enforce()
            self._reap()

    def _accept(self) -> bool:
        order, fds, _flags, _address = socket.recv_fds(self.control, ORDER.size, 1)
        if len(order) < ORDER.size or not fds:
            return False
        seconds, memory = ORDER.unpack(order)
        conn = socket.socket(fileno=fds[0])
        pid = os.fork()
        if pid == 0:
            self._work(conn, seconds, memory)
        self.workers[pid] = _Worker(pid, conn, time.monotonic() + PATIENCE * seconds, memory)
        return True

    def _work(self, conn: socket.socket, seconds: float, memory: int) -> None:
        code = 1
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            # Should the server be killed, nobody is left to watch the clock: the kernel does.
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds + 2)
            for other in (self.control, self.wake, self._wake_end, *(w.conn for w in self.workers.values())):
                other.close()
            cpu = max(1, int(seconds) + 1)
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            conn.sendall(_answer(conn, self.font_config))
            code = 0
        finally:
            os._exit(code)

    def _enforce(self) -> None:
        now = time.monotonic()
        for worker in self.workers.values():
            if not worker.late and worker.deadline <= now:
                worker.late = True
                _kill(worker.pid)

    def _reap(self) -> None:
        for worker in list(self.workers.values()):
            pid, status, used = os.wait4(worker.pid, os.WNOHANG)
            if not pid:
                continue
            _kill(worker.pid)  # whatever the worker left behind in its group
            del self.workers[worker.pid]
            worker.conn.settimeout(2)
            # Where the parent gave up on this document there is nobody to tell.
            with suppress(OSError):
                worker.conn.sendall(bytes([worker.outcome(status, used.ru_maxrss * _MAXRSS_UNIT)]))
            worker.conn.close()


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # No such group: gone already, or forked so recently that it leads none yet.
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def load() -> Any:
    """Import WeasyPrint, read our fonts (and no others), draw one line; return the font configuration."""
    cache = tempfile.mkdtemp(prefix="dealflow-pdf-")
    os.environ |= {"FONTCONFIG_FILE": str(FONTS / "fonts.conf"), "XDG_CACHE_HOME": cache}
    try:
        import weasyprint
        from weasyprint.text.fonts import FontConfiguration

        font_config = FontConfiguration()
        _fetcher({"x": ("text/plain", b"")}).fetch("asset:x")  # loads what every answer needs
        sample = "<html lang=zh><title>x</title><p style=\"font-family:'Noto Sans SC'\">条款 <b>Terms</b><table><tr><td>1</table>"
        weasyprint.HTML(string=sample).write_pdf(
            font_config=font_config, pdf_variant="pdf/a-3a", pdf_identifier=b"x"
        )
    finally:
        shutil.rmtree(cache)
    return font_config


def main() -> None:
    """Serve on the socket whose descriptor is the first argument."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in the terminal is the parent's to handle
    font_config = load()
    import gc

    # Workers live for one document: what is loaded now is never garbage, and little of what they make is.
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    Server(control, font_config).serve()


if __name__ == "__main__":
    main()

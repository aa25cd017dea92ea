"""PostgreSQL and Redis for the tests: those that answer at the usual place, else private ones that end with the run.

With CI=true the servers at 127.0.0.1:5432 (user postgres, database test, trusted) and 127.0.0.1:6379 are required:
a build machine that lost one must not turn into a run that proves less.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POSTGRES_URL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"
REDIS_URL = "redis://127.0.0.1:6379/15"
START_SECONDS = 30


class ServiceMissing(Exception):
    """A server that the tests need neither answers nor can be started; the text says what to do."""


def postgres_answers(url: str) -> bool:
    """Whether one can log in to the database at this SQLAlchemy URL within three seconds."""
    import psycopg

    try:
        psycopg.connect(url.replace("+psycopg", ""), connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


def redis_answers(url: str) -> bool:
    """Whether the Redis server at this URL answers a ping within three seconds."""
    import redis

    try:
        return bool(redis.Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3).ping())
    except redis.RedisError:
        return False


def wait_until(answers: Callable[[str], bool], url: str, seconds: float = START_SECONDS) -> bool:
    """Ask four times a second until the server answers; False when the time is over."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.25)
    return True


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def find_program(name: str) -> str | None:
    """Path of a server program; Debian keeps PostgreSQL's outside PATH, the newest version last."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    places = [*map(str, reversed(versions)), os.environ.get("PATH", ""), "/usr/sbin"]
    return shutil.which(name, path=os.pathsep.join(places))


def as_plain_user(folder: Path) -> dict[str, object]:
    """Arguments for subprocess: PostgreSQL refuses to run as root, so root hands the folder to another user."""
    if os.geteuid() != 0:
        return {}
    name = next((user.pw_name for user in pwd.getpwall() if user.pw_name in ("postgres", "nobody")), "nobody")
    shutil.chown(folder, name)
    return {"user": name, "cwd": folder}


@contextlib.contextmanager
def running(command: list[str], **options: object) -> Iterator[None]:
    """Run a server in the background; it is stopped at the end, by force after ten seconds."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options
    )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def private_postgres() -> Iterator[str]:
    """A throw-away PostgreSQL cluster without durability; yields the URL of its database."""
    initdb, server = find_program("initdb"), find_program("postgres")
    if not (initdb and server):
        raise ServiceMissing("PostgreSQL 15 or newer is not installed: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="dealflow-postgres-") as name:
        folder, port = Path(name), free_port()
        options = as_plain_user(folder)
        data = str(folder / "data")
        make = [initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, **options)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": name}
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        command = [server, "-D", data, *(part for k, v in settings.items() for part in ("-c", f"{k}={v}"))]
        url = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        with running(command, **options):
            if not wait_until(postgres_answers, url):
                raise ServiceMissing("The private PostgreSQL server did not start.")
            yield url


@contextlib.contextmanager
def private_redis() -> Iterator[str]:
    """A Redis server that keeps nothing; yields its URL."""
    server = find_program("redis-server")
    if not server:
        raise ServiceMissing("Redis is not installed: apt-get install redis-server")
    port = free_port()
    url = f"redis://127.0.0.1:{port}/15"
    with running([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]):
        if not wait_until(redis_answers, url):
            raise ServiceMissing("The private Redis server did not start.")
        yield url


@contextlib.contextmanager
def service(
    name: str,
    url: str,
    answers: Callable[[str], bool],
    private: Callable[[], contextlib.AbstractContextManager[str]],
    *,
    required: bool,
) -> Iterator[str]:
    """Yield the URL of a server that answers: the one at `url`, else a private one unless that one is required."""
    if required:
        if not wait_until(answers, url):
            raise ServiceMissing(f"CI=true requires {name} at {url}, and it does not answer.")
        yield url
    elif answers(url):
        yield url
    else:
        print(f"{name} does not answer at {url}: starting a private one for this run.", flush=True)
        with private() as private_url:
            yield private_url


def servers_required() -> bool:
    """Whether the environment promises the servers (CI=true), so that their absence is a failure."""
    return os.environ.get("CI", "").lower() in ("1", "true")


def server_urls() -> tuple[str, str]:
    """URLs of PostgreSQL and Redis to try first; the environment may name others."""
    postgres_url = os.environ.get("DEALFLOW_TEST_POSTGRES_URL", POSTGRES_URL)
    return postgres_url, os.environ.get("DEALFLOW_TEST_REDIS_URL", REDIS_URL)


def missing_servers() -> list[str]:
    """Debian packages of the servers that neither answer nor could be started privately."""
    if servers_required():
        return []
    postgres_url, redis_url = server_urls()
    missing = []
    if not find_program("initdb") and not postgres_answers(postgres_url):
        missing.append("postgresql")
    if not find_program("redis-server") and not redis_answers(redis_url):
        missing.append("redis-server")
    return missing


@contextlib.contextmanager
def test_services() -> Iterator[dict[str, str]]:
    """Yield the environment that names both servers; raises ServiceMissing when one cannot be had."""
    required = servers_required()
    postgres_url, redis_url = server_urls()
    with (
        service(
            "PostgreSQL", postgres_url, postgres_answers, private_postgres, required=required
        ) as postgres,
        service("Redis", redis_url, redis_answers, private_redis, required=required) as redis,
    ):
        yield {"DEALFLOW_TEST_POSTGRES_URL": postgres, "DEALFLOW_TEST_REDIS_URL": redis}

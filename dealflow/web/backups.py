"""Backups of the whole installation: database, files, keys and models, with a list of what they hold and its hashes.

A backup appears under its name once it is whole. A restore reads every byte before it touches anything, prepares the
new state beside the old one, and then moves it into place by a plan on disk that a killed restore finishes later.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dealflow import __version__
from dealflow.audit import service as audit
from dealflow.core import clock, db, running, snapshot
from dealflow.core.errors import Conflict, Invalid
from dealflow.core.i18n import N_
from dealflow.files import storage
from dealflow.settings import Settings
from dealflow.web import migrate

KIND, FORMAT = "dealflow-backup", 1
LIST = "manifest.json"
PLAN = "restore.json"
PART = ".dealflow-backup.part"
# Of the instance folder, what cannot be made anew; matrices and caches can.
KEPT = ("keys", "models")
DERIVED = ("models/matrix", "models/matrix.json", "cache")
_BLOCK = 1 << 20


def _refuse(message: str, **params: Any) -> Invalid:
    return Invalid.field("backup", "unusable", message, **params)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_symlink() or not path.is_dir())


def _is_derived(name: str) -> bool:
    return any(name == each or name.startswith(f"{each}/") for each in DERIVED)


def create(settings: Settings, target: Path) -> dict[str, Any]:
    """Write a backup into a new folder, while the server runs; its list. Conflict when the folder holds anything."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise Conflict(N_("%(folder)s is there already; name a new folder"), folder=target)
    if not migrate.is_current(settings.database_url):
        raise Conflict(N_("The database is not at this version: run `dealflow init` first"))
    storage.configure(settings.storage_url, settings.instance)
    target.parent.mkdir(parents=True, exist_ok=True)
    _drop_leftovers(target.parent)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=PART, dir=target.parent))
    lock = os.open(aside, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        found = _write(settings, aside)
        if target.exists():
            target.rmdir()
        aside.rename(target)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    finally:
        os.close(lock)
    return found


def _drop_leftovers(folder: Path) -> None:
    """Remove what backups that were killed left there; one that is being made holds its lock."""
    for left in folder.glob(f".*{PART}"):
        lock = os.open(left, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(lock)


def _write(settings: Settings, folder: Path) -> dict[str, Any]:
    taken = snapshot.take(folder)
    with db.system_edge(write=False):
        heads = audit.heads()
    (folder / "files").mkdir()
    # After the database, so that every file it names is there; bytes that came since are only superfluous.
    for sha256, _at in storage.kept():
        place = folder / "files" / sha256
        with place.open("wb") as out:
            for block in storage.whole(sha256):
                out.write(block)
    for name in KEPT:
        for path in _files(settings.instance / name):
            inner = path.relative_to(settings.instance).as_posix()
            if not _is_derived(inner) and path.is_file():
                place = folder / "instance" / inner
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, place)
    found = {
        "kind": KIND, "format": FORMAT, "version": __version__, "revision": migrate.newest(settings.database_url),
        "made_at": clock.rfc3339(clock.now()), "database": taken, "audit_heads": heads,
        "files": {
            path.relative_to(folder).as_posix(): {"size": path.stat().st_size, "sha256": _hash(path)} for path in _files(folder)
        },
    }  # fmt: skip
    (folder / LIST).write_text(
        json.dumps(found | {"digest": _digest(found)}, indent=1, ensure_ascii=False), "utf-8"
    )
    return found


def _digest(found: dict[str, Any]) -> str:
    plain = {key: value for key, value in found.items() if key != "digest"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def read(settings: Settings, folder: Path) -> dict[str, Any]:
    """The list of a backup whose every byte was checked. Invalid for one that is foreign, newer or damaged."""
    try:
        found = json.loads((folder / LIST).read_text("utf-8"))
    except (OSError, ValueError):
        raise _refuse(N_("%(folder)s is no backup of Dealflow"), folder=folder) from None
    if not isinstance(found, dict) or found.get("kind") != KIND:
        raise _refuse(N_("%(folder)s is no backup of Dealflow"), folder=folder)
    if found.get("format") != FORMAT:
        raise _refuse(
            N_("This backup was made by a newer version of Dealflow (%(version)s)"),
            version=found.get("version"),
        )
    if found.get("digest") != _digest(found):
        raise _refuse(N_("The backup is damaged: %(file)s is not as it was written"), file=LIST)
    if found["revision"] not in migrate.revisions(settings.database_url):
        raise _refuse(
            N_("This backup was made by a newer version of Dealflow (%(version)s)"), version=found["version"]
        )
    dialect = "sqlite" if settings.database_url.startswith("sqlite") else "postgresql"
    if found["database"]["dialect"] != dialect:
        raise _refuse(
            N_("This backup is of another kind of database (%(dialect)s)"),
            dialect=found["database"]["dialect"],
        )
    _check_bytes(folder, found["files"])
    return dict(found)


def _check_bytes(folder: Path, listed: dict[str, dict[str, Any]]) -> None:
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    there.pop(LIST, None)
    if strange := sorted(there.keys() - listed.keys()):
        raise _refuse(N_("The backup holds a file that is not in its list: %(file)s"), file=strange[0])
    for name, facts in listed.items():
        path = there.get(name)
        if (
            path is None
            or path.is_symlink()
            or path.stat().st_size != facts["size"]
            or _hash(path) != facts["sha256"]
        ):
            raise _refuse(N_("The backup is damaged: %(file)s is not as it was written"), file=name)


def restore(settings: Settings, folder: Path, *, end_sessions: bool = False) -> dict[str, Any]:
    """Put an installation into the state of a backup; its list. Refuses while a server or worker runs here."""
    with running.alone(settings.instance):
        _finish(settings.instance)
        found = read(settings, folder)
        if found["database"]["dialect"] == "sqlite":
            moves = [_prepare_sqlite(settings, folder, end_sessions=end_sessions)]
        else:
            _load_postgres(settings, folder, found, end_sessions=end_sessions)
            moves = []
        _bring_files(settings, folder)
        moves += _prepare_instance(settings, folder)
        _commit(settings.instance, moves)
        _finish(settings.instance)
    return found


def _prepare_sqlite(settings: Settings, folder: Path, *, end_sessions: bool) -> tuple[Path, Path]:
    place = snapshot.sqlite_path(settings.database_url)
    place.parent.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f"{place.name}.restored")
    shutil.copyfile(folder / f"{snapshot.NAME}.db", aside)
    migrate.upgrade(f"sqlite:///{aside}")
    db.database().engine.dispose()
    if end_sessions:
        snapshot.end_sessions_sqlite(aside)
    snapshot.single_file(aside)
    snapshot.check_sqlite(aside)
    if place.exists():
        # What the old database still had beside itself must not be taken for the new one's.
        snapshot.single_file(place)
    return aside, place


def _load_postgres(settings: Settings, folder: Path, found: dict[str, Any], *, end_sessions: bool) -> None:
    here = migrate.present(settings.database_url)
    if here is None:
        migrate.upgrade(settings.database_url, found["revision"])
    elif here != found["revision"]:
        raise Conflict(
            N_("The database is at another version (%(here)s) than the backup (%(there)s); restore into an empty one"),
            here=here, there=found["revision"],
        )  # fmt: skip
    db.database().engine.dispose()
    snapshot.load_postgres(
        settings.database_url, folder, found["database"]["tables"], end_sessions=end_sessions
    )
    migrate.upgrade(settings.database_url)
    db.database().engine.dispose()


def _bring_files(settings: Settings, folder: Path) -> None:
    # Named by their content: what is there already is the same, and the old state misses nothing.
    storage.configure(settings.storage_url, settings.instance)
    for path in _files(folder / "files"):
        storage.put(path, path.name)


def _prepare_instance(settings: Settings, folder: Path) -> list[tuple[Path, Path]]:
    moves = []
    for name in KEPT:
        source = folder / "instance" / name
        aside = settings.instance / f".restored-{name}"
        shutil.rmtree(aside, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, aside)
            for path in _files(aside):
                path.chmod(0o600)
            moves.append((aside, settings.instance / name))
    return moves


def _commit(instance: Path, moves: list[tuple[Path, Path]]) -> None:
    """From here on the restore happens, whoever finishes it."""
    draft = instance / f"{PLAN}.part"
    draft.write_text(json.dumps([[str(source), str(target)] for source, target in moves]), "utf-8")
    with draft.open("rb") as stream:
        os.fsync(stream.fileno())
    draft.replace(instance / PLAN)


def _finish(instance: Path) -> None:
    plan = instance / PLAN
    if not plan.exists():
        return
    for source, target in (map(Path, pair) for pair in json.loads(plan.read_text("utf-8"))):
        if source.exists():
            if target.is_dir():
                shutil.rmtree(target)
            source.replace(target)
    for name in DERIVED:
        place = instance / name
        shutil.rmtree(place, ignore_errors=True) if place.is_dir() else place.unlink(missing_ok=True)
    plan.unlink()


def finish_interrupted(instance: Path) -> None:
    """Finish a restore that was killed after its plan was written. Called before anything is served."""
    if (instance / PLAN).exists():
        with running.alone(instance):
            _finish(instance)

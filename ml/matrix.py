"""The project matrix: one float32 row per project, its constraint columns, and their files.

On disk a matrix is a folder of `.npy` files per version plus a `CURRENT` file that names the one in force. Files are
written beside and renamed, so readers that have mapped an older version keep it until they close it; the kernel
shares the mapped pages among processes.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ml.columns import ColumnSpec, project_row
from ml.constraints import ConstraintColumns, build_columns
from ml.model import RankModel

POINTER = "CURRENT"
_BLOCK = 4096


@dataclass(frozen=True)
class ProjectFrame:
    """Projects as plain dictionaries of the public interface with `id` and optional `signals` (ml.columns)."""

    projects: Sequence[Mapping[str, Any]]

    def __post_init__(self) -> None:
        ids = [project["id"] for project in self.projects]
        if len(set(ids)) != len(ids):
            raise ValueError("project ids are not unique")


@dataclass(frozen=True)
class ProjectMatrix:
    """X float32 [n, d]; ids bytes [n]; cold bool [n] (no investor has acted on the project yet)."""

    x: np.ndarray
    ids: np.ndarray
    cold: np.ndarray
    columns: ConstraintColumns
    spec: ColumnSpec
    version: str

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def groups(self) -> dict[str, slice]:
        return self.spec.groups

    @cached_property
    def positions(self) -> dict[str, int]:
        """Row number by project id."""
        return {project_id.decode(): row for row, project_id in enumerate(self.ids.tolist())}

    def id_at(self, row: int) -> str:
        return bytes(self.ids[row]).decode()

    def save(self, directory: Path | str) -> Path:
        """Write this version below `directory` and make it the current one; returns the version's folder."""
        root = Path(directory)
        root.mkdir(parents=True, exist_ok=True)
        target = root / self.version
        if not target.exists():
            staging = Path(tempfile.mkdtemp(dir=root, prefix=".writing-"))
            try:
                for name, array in self._arrays().items():
                    np.save(staging / f"{name}.npy", array, allow_pickle=False)
                (staging / "meta.json").write_text(json.dumps(self._meta()), encoding="utf-8")
                staging.replace(target)
            except OSError:
                shutil.rmtree(staging, ignore_errors=True)
                if not (target / "meta.json").exists():  # another process may have written the same version
                    raise
        pointer = root / f".{POINTER}-{os.getpid()}"
        pointer.write_text(self.version, encoding="ascii")
        pointer.replace(root / POINTER)
        return target

    @classmethod
    def load(cls, directory: Path | str, mmap: bool = True, version: str | None = None) -> "ProjectMatrix":
        """The current (or the named) version below `directory`. Raises FileNotFoundError when there is none."""
        root = Path(directory)
        folder = root / (version or (root / POINTER).read_text(encoding="ascii").strip())
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))

        def read(name: str) -> np.ndarray:
            array: np.ndarray = np.load(
                folder / f"{name}.npy", mmap_mode="r" if mmap else None, allow_pickle=False
            )
            return array

        constraint = ConstraintColumns(
            vocabulary=tuple(meta["vocabulary"]),
            currencies=tuple(meta["currencies"]),
            **{name: read(f"constraint_{name}") for name in ConstraintColumns.array_names()},
        )
        spec = ColumnSpec.from_dict(meta["spec"])
        return cls(read("x"), read("ids"), read("cold"), constraint, spec, meta["version"])

    def _arrays(self) -> dict[str, np.ndarray]:
        arrays = {"x": self.x, "ids": self.ids, "cold": self.cold}
        arrays |= {
            f"constraint_{name}": getattr(self.columns, name) for name in ConstraintColumns.array_names()
        }
        return arrays

    def _meta(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "rows": len(self),
            "spec": self.spec.to_dict(),
            "vocabulary": list(self.columns.vocabulary),
            "currencies": list(self.columns.currencies),
        }

    def with_projects(
        self, projects: Sequence[Mapping[str, Any]], model: RankModel, removed: Iterable[str] = ()
    ) -> "ProjectMatrix":
        """A new matrix with some projects added, replaced or removed; other rows are copied, not computed again."""
        gone = {project["id"] for project in projects} | set(removed)
        kept = np.array([row for name, row in self.positions.items() if name not in gone], dtype=np.int64)
        fresh = build_matrix(projects, model, spec=self.spec)
        return _assemble(
            np.concatenate([np.asarray(self.x)[kept], fresh.x]),
            [self.id_at(row) for row in kept] + [project["id"] for project in projects],
            np.concatenate([np.asarray(self.cold)[kept], fresh.cold]),
            _joined(self.columns.take(kept), fresh.columns),
            self.spec,
        )


def build_matrix(
    projects: ProjectFrame | Iterable[Mapping[str, Any]], model: RankModel, spec: ColumnSpec | None = None
) -> ProjectMatrix:
    """The matrix of the projects in their order; `spec` may carry a park's additional genres."""
    spec = spec or model.spec
    listed = list(projects.projects if isinstance(projects, ProjectFrame) else projects)
    ProjectFrame(listed)
    x = np.zeros((len(listed), spec.width), dtype=np.float32)
    for row, project in enumerate(listed):
        x[row] = project_row(project, spec, model.text)
    cold = np.array(
        [not (project.get("signals") or {}).get("interactions") for project in listed], dtype=bool
    )
    return _assemble(x, [project["id"] for project in listed], cold, build_columns(listed), spec)


def concatenate(parts: Sequence[ProjectMatrix]) -> ProjectMatrix:
    """One matrix of the rows of several that share their columns (built in batches to bound memory)."""
    if len({part.spec.digest for part in parts}) != 1:
        raise ValueError("matrices were built for different columns")
    columns = [part.columns for part in parts]
    while len(columns) > 1:  # pairwise, so that no row is copied more than log2(parts) times
        pairs = [columns[i : i + 2] for i in range(0, len(columns), 2)]
        columns = [_joined(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    ids = [part.id_at(row) for part in parts for row in range(len(part))]
    x = np.concatenate([part.x for part in parts])
    return _assemble(x, ids, np.concatenate([part.cold for part in parts]), columns[0], parts[0].spec)


def _assemble(
    x: np.ndarray, ids: list[str], cold: np.ndarray, columns: ConstraintColumns, spec: ColumnSpec
) -> ProjectMatrix:
    names = np.array([name.encode() for name in ids], dtype=np.bytes_)
    if not ids:
        names = np.zeros(0, dtype="S1")
    matrix = ProjectMatrix(x, names, cold, columns, spec, "")
    digest = hashlib.blake2b(json.dumps(matrix._meta()).encode(), digest_size=16)
    for array in matrix._arrays().values():
        for start in range(0, len(array), _BLOCK):
            digest.update(np.ascontiguousarray(array[start : start + _BLOCK]).data)
    return replace(matrix, version=digest.hexdigest())


def _joined(first: ConstraintColumns, second: ConstraintColumns) -> ConstraintColumns:
    """Rows of both, the second's vocabulary and currencies renumbered into the first's."""
    vocabulary = first.vocabulary + tuple(
        term for term in second.vocabulary if term not in set(first.vocabulary)
    )
    currencies = first.currencies + tuple(
        code for code in second.currencies if code not in set(first.currencies)
    )
    words = max(1, -(-len(vocabulary) // 64))
    tags = np.zeros((len(first) + len(second), words), dtype=np.uint64)
    tags[: len(first), : first.tags.shape[1]] = first.tags
    numbers = {term: number for number, term in enumerate(vocabulary)}
    for old, term in enumerate(second.vocabulary):
        holds = (second.tags[:, old // 64] >> np.uint64(old % 64)) & np.uint64(1)
        new = numbers[term]
        tags[len(first) :, new // 64] |= holds << np.uint64(new % 64)
    moved = np.array([currencies.index(code) for code in second.currencies] + [-1], dtype=np.int16)
    joined: dict[str, Any] = {
        name: np.concatenate([getattr(first, name), getattr(second, name)])
        for name in ("budget", "ask", "credits", "review_passed", "text")
    }
    for name in ("budget_currency", "ask_currency"):
        joined[name] = np.concatenate([getattr(first, name), moved[getattr(second, name)]])
    length = first.text_ends[-1] if len(first) else 0
    ends = np.concatenate([first.text_ends, second.text_ends + length])
    return ConstraintColumns(vocabulary, currencies, tags=tags, text_ends=ends, **joined)

"""Signed model files.

A model file is a skops archive followed by an Ed25519 signature (RFC 8032) over everything before it. The signature
is checked before a byte of the archive is parsed; afterwards only the types named by the caller are built. Archives
of plain values and arrays are read by numpy alone, so that scoring does not import scikit-learn.

Layout: archive ‖ signature (64 bytes) ‖ `MAGIC` (8 bytes). The signed message is `MAGIC` ‖ kind ‖ archive, so a file of
one kind (say a review model) does not verify as another.
"""

import io
import json
import os
import tempfile
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

MAGIC = b"DFMODEL1"
SIGNATURE_BYTES = 64
MAX_BYTES = 512 * 1024 * 1024
LEFT_SECONDS = 3600
_PLAIN_PROTOCOLS = frozenset({2})


class ModelRefused(ValueError):
    """The file is not a model signed by the given key, or holds types that are not allowed."""


def new_signing_key() -> tuple[bytes, bytes]:
    """A fresh Ed25519 pair as raw bytes: (private 32, public 32)."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def save(path: Path | str, value: Any, *, kind: str, signing_key: bytes) -> None:
    """Write `value` (plain values, arrays, scikit-learn estimators) signed to `path`, atomically."""
    import skops.io
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    archive = skops.io.dumps(value)
    signature = Ed25519PrivateKey.from_private_bytes(signing_key).sign(_message(kind, archive))
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".*{target.suffix}.*"):
        if left.stat().st_mtime < time.time() - LEFT_SECONDS:
            left.unlink(missing_ok=True)  # of a training that was killed
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(archive + signature + MAGIC)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(
    path: Path | str, *, kind: str, verify_key: bytes | Sequence[bytes], trusted: Sequence[str] = ()
) -> Any:
    """The value stored in a file signed by `verify_key` (or one of several). Raises ModelRefused."""
    archive = _verified_archive(
        Path(path), kind, [verify_key] if isinstance(verify_key, bytes) else verify_key
    )
    try:
        return _read_plain(archive)
    except _NotPlainError:
        pass
    except (KeyError, TypeError, ValueError, OSError, zipfile.BadZipFile) as error:
        raise ModelRefused("model archive is damaged") from error
    import skops.io

    extra = [name for name in skops.io.get_untrusted_types(data=archive) if name not in set(trusted)]
    if extra:
        raise ModelRefused(f"model holds types that are not allowed: {', '.join(sorted(extra))}")
    return skops.io.loads(archive, trusted=list(trusted))


def _message(kind: str, archive: bytes) -> bytes:
    return MAGIC + kind.encode() + b"\x00" + archive


def _verified_archive(path: Path, kind: str, keys: Sequence[bytes]) -> bytes:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if path.stat().st_size > MAX_BYTES:
        raise ModelRefused("model file is too large")
    content = path.read_bytes()
    if len(content) < SIGNATURE_BYTES + len(MAGIC) or not content.endswith(MAGIC):
        raise ModelRefused("model file is not signed")
    archive = content[: -SIGNATURE_BYTES - len(MAGIC)]
    signature = content[len(archive) : len(archive) + SIGNATURE_BYTES]
    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, _message(kind, archive))
        except InvalidSignature:
            continue
        return archive
    raise ModelRefused("model file is not signed by a key of this installation")


class _NotPlainError(Exception):
    pass


def _read_plain(archive: bytes) -> Any:
    """Read a skops archive that holds only dict, list, tuple, str, numbers, bool, None and numeric arrays."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        schema = json.loads(files.read("schema.json"))
        if schema.get("protocol") not in _PLAIN_PROTOCOLS:
            raise _NotPlainError
        return _plain_node(schema, files)


def _plain_node(node: dict[str, Any], files: zipfile.ZipFile) -> Any:
    loader, name = node.get("__loader__"), node.get("__class__")
    if loader == "JsonNode" and node.get("is_json"):
        return json.loads(node["content"])
    if loader == "ListNode" and name == "list":
        return [_plain_node(child, files) for child in node["content"]]
    if loader == "TupleNode" and name == "tuple":
        return tuple(_plain_node(child, files) for child in node["content"])
    if loader == "DictNode" and name == "dict" and _has_text_keys(node):
        return {key: _plain_node(child, files) for key, child in node["content"].items()}
    if loader == "NdArrayNode" and node.get("type") == "numpy" and name == "ndarray":
        return np.load(io.BytesIO(files.read(node["file"])), allow_pickle=False)
    raise _NotPlainError


def _has_text_keys(node: dict[str, Any]) -> bool:
    return all(key.get("__class__") == "str" for key in node["key_types"]["content"])

"""Secrets that must be read again are kept encrypted under the installation's key, each purpose under its own."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from dealflow.core.config import settings


def _box(purpose: str) -> Fernet:
    key = hashlib.sha256(f"{purpose}:{settings().secret_key}".encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal_bytes(purpose: str, secret: bytes) -> bytes:
    """The form in which a secret is kept."""
    return _box(purpose).encrypt(secret)


def unseal_bytes(purpose: str, kept: bytes) -> bytes | None:
    """The secret again; None when it was sealed under another key or for another purpose."""
    try:
        return _box(purpose).decrypt(kept)
    except InvalidToken:
        return None


def seal(purpose: str, secret: str) -> str:
    """Like `seal_bytes`, for a text."""
    return seal_bytes(purpose, secret.encode()).decode()


def unseal(purpose: str, kept: str) -> str | None:
    """Like `unseal_bytes`, for a text."""
    found = unseal_bytes(purpose, kept.encode())
    return None if found is None else found.decode()

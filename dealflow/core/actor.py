"""Who acts: plain values, made once at the edge from the live membership row, never stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Actor:
    """A person acting as a member of one organisation; or nobody (anonymous), or the system itself.

    `role` is "owner", "member" or "viewer"; `kind` the organisation's kind. `scopes` limits an API token:
    "read" or "write"; a browser session has both.
    """

    user_id: str | None = None
    user_name: str = ""
    user_email: str = ""
    organisation_id: str | None = None
    organisation_name: str = ""
    kind: str = ""
    role: str = ""
    scopes: frozenset[str] = frozenset({"read", "write"})
    memberships: tuple[dict[str, Any], ...] = ()
    locale: str = "zh"
    time_zone: str = "Asia/Shanghai"
    is_system: bool = False
    request_id: str = ""
    address: str = ""
    session_id: str | None = field(default=None, compare=False)

    @property
    def is_authenticated(self) -> bool:
        return self.user_id is not None or self.is_system

    @property
    def may_write(self) -> bool:
        """Whether role and token allow any change at all."""
        return self.is_system or (self.role in ("owner", "member") and "write" in self.scopes)

    @property
    def is_owner(self) -> bool:
        return self.role == "owner" and "write" in self.scopes

    @property
    def is_platform(self) -> bool:
        """Member of the organisation that runs this installation."""
        return self.kind == "platform"


ANONYMOUS = Actor()
SYSTEM = Actor(is_system=True, user_name="system")

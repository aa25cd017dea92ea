"""What can go wrong, as classes with a stable code and an HTTP status.

Texts are message ids (English) with parameters; they are translated when shown, not when raised.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from dealflow.core.i18n import N_, gettext


@dataclass(frozen=True)
class FieldError:
    """One problem of one field: `field` is a dotted path, `message` an English message id."""

    field: str
    code: str
    message: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def text(self) -> str:
        """The message in the current language."""
        return gettext(self.message, **self.params)


class DomainError(Exception):
    """Base of all refusals. `detail` is a message id with `params`."""

    status: ClassVar[int] = 400
    code: str = "bad_request"
    title: ClassVar[str] = N_("The request could not be understood")
    # Address and label (a message id) of the one thing to do next, where it is not the start page.
    way_on: tuple[str, str] | None = None

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        errors: Iterable[FieldError] = (),
        **params: Any,
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.params = params
        self.errors = tuple(errors)
        if code is not None:
            self.code = code

    def text(self) -> str:
        """The detail in the current language."""
        return gettext(self.detail, **self.params)


class BadRequest(DomainError):
    """The bytes are not what the format says (broken JSON, broken UTF-8)."""


class Unauthenticated(DomainError):
    status, code, title = 401, "unauthenticated", N_("Please log in")


class Forbidden(DomainError):
    status, code, title = 403, "forbidden", N_("You do not have the right to do this")


class NotFound(DomainError):
    status, code, title = 404, "not_found", N_("There is nothing here that you may see")


class LinkOver(NotFound):
    title = N_("This link is used up, has expired, or is not whole")


class Conflict(DomainError):
    status, code, title = 409, "conflict", N_("Somebody already holds this")


class InvalidTransition(DomainError):
    status, code, title = 409, "invalid_transition", N_("This cannot be done in the present state")


class StaleVersion(DomainError):
    """Somebody else saved in between. `current` is the version now in force."""

    status, code, title = 412, "stale_version", N_("Somebody changed this since you opened it")

    def __init__(self, current: int | None = None, **more: Any) -> None:
        super().__init__(**more)
        self.current = current


class PreconditionRequired(DomainError):
    status, code, title = 428, "precondition_required", N_("Send If-Match with the version you read")


class Invalid(DomainError):
    """Input that breaks rules; `errors` names each field."""

    status, code, title = 422, "invalid", N_("Some fields need your attention")

    @classmethod
    def field(cls, name: str, code: str, message: str, **params: Any) -> Invalid:
        """A refusal of a single field."""
        return cls(errors=[FieldError(name, code, message, params)])


class TooLarge(DomainError):
    status, code, title = 413, "too_large", N_("This is larger than allowed")


class TooMany(DomainError):
    """Rate limit; `retry_after` in seconds."""

    status, code, title = 429, "too_many", N_("Too many requests; please wait a moment")

    def __init__(self, retry_after: int, **more: Any) -> None:
        super().__init__(**more)
        self.retry_after = max(1, retry_after)


class Unavailable(DomainError):
    status, code, title = 503, "unavailable", N_("The service is busy; please try again")


class StorageFull(DomainError):
    status, code, title = (
        507,
        "storage_full",
        N_("There is no room left to save this; whoever runs this installation must make some"),
    )


class ScopeMissing(RuntimeError):
    """A query on owned data was made without an actor: a defect, never a user's error."""

"""What the finance package raises: malformed input, and refusals on the merits."""

from __future__ import annotations


class FinanceInputError(ValueError):
    """The input does not have the shape its schema asks for.

    `field` is the path of the offending value ("terms.tiers[2].share_ppm"), `code` a short machine word
    ("missing", "not_an_integer", "too_large", ...) and `str(error)` one line for a person, naming the
    case too when it came out of a file of cases.
    """

    def __init__(self, field: str, code: str, reason: str, case: str | None = None) -> None:
        """Keep the parts; the line shown to a person is put together from them."""
        self.field = field
        self.code = code
        self.reason = reason
        self.case = case
        where = f"case {case!r}: " if case is not None else ""
        super().__init__(f"{where}{field or 'input'}: {reason}")

    def in_case(self, case: str) -> FinanceInputError:
        """The same error, naming the case of a file it was met in."""
        return FinanceInputError(self.field, self.code, self.reason, case)


class Refused(Exception):
    """Well-formed input that the rules refuse; turned into `{"error": code, **details}` at the doors."""

    def __init__(self, code: str, **details: int) -> None:
        """Keep the code and whatever integers the schema wants beside it."""
        self.code = code
        self.details = details
        super().__init__(code)

    def as_output(self) -> dict[str, object]:
        """The refusal as the schema writes it."""
        return {"error": self.code, **self.details}

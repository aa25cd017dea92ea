"""The words of the room: kinds of flows, methods of valuation, dimensions of exposure."""

from __future__ import annotations

from dealflow.core.i18n import N_

FLOW_KINDS = ("cost", "proceeds")
SOURCES = ("own", "settlement", "recoupment")
STATUSES = ("active", "exited", "written_off")
METHODS = ("cost", "recent_round", "market_multiple", "discounted_cash_flow", "contracted", "written_down")
EVIDENCE = ("platform_statement", "platform_api", "third_party", "self_reported")
LINE_KINDS = ("draw", "repay", "interest")
DIMENSIONS = ("holding", "vintage", "genre", "stage", "platform")

METHOD_LABELS = {
    "cost": N_("At cost"),
    "recent_round": N_("Price of a recent round"),
    "market_multiple": N_("Multiple of comparable works"),
    "discounted_cash_flow": N_("Discounted cash flow"),
    "contracted": N_("Contracted receipts"),
    "written_down": N_("Written down"),
}
FLOW_LABELS = {"cost": N_("Paid in"), "proceeds": N_("Came back")}
SOURCE_LABELS = {
    "own": N_("Own booking"),
    "settlement": N_("Payment of a commitment"),
    "recoupment": N_("Payout of the waterfall"),
}
STATUS_LABELS = {"active": N_("Held"), "exited": N_("Exited"), "written_off": N_("Written off")}
DIMENSION_LABELS = {
    "holding": N_("Holding"),
    "vintage": N_("Year of investment"),
    "genre": N_("Genre"),
    "stage": N_("Stage"),
    "platform": N_("Platform"),
}
COLUMNS = {
    "cost": N_("Cost"),
    "proceeds": N_("Proceeds"),
    "value": N_("Fair value"),
    "realised": N_("Realised"),
    "unrealised": N_("Unrealised"),
}
LINE_LABELS = {"draw": N_("Drawn"), "repay": N_("Repaid"), "interest": N_("Interest paid")}
RIGHT_LABELS = {"open": N_("Open"), "exercised": N_("Exercised"), "waived": N_("Waived")}


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The text of a CHECK that a column holds one of some words."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"

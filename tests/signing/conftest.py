"""A term sheet that both sides accepted."""

from tests.factories.agreed import creator, deal, investor, sheet

__all__ = ["creator", "deal", "investor", "sheet"]

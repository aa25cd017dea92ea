"""Pages of deals: board and table, one deal, pipelines, figures, introductions."""

from dealflow.deals.pages import board, deal, figures, introductions, pipelines
from dealflow.deals.pages.base import bp

__all__ = ["board", "bp", "deal", "figures", "introductions", "pipelines"]

"""Pages of deals: board and table, one deal, pipelines."""

from dealflow.deals.pages import board, deal, pipelines
from dealflow.deals.pages.base import bp

__all__ = ["board", "bp", "deal", "pipelines"]

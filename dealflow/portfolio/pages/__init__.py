"""The pages of the portfolio."""

from dealflow.portfolio.pages import funds, holding, outlook, overview  # noqa: F401
from dealflow.portfolio.pages.base import bp

__all__ = ["bp"]

"""Use cases of the portfolio. The only way to write its tables."""

"""Compound growth rounded to whole units, exactly: half_up(amount * (1 + rate)^(days/365))."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import gcd

from dealflow.finance.allocation import PPM, half_up

YEAR = 365
GUARD = 30
"""Digits computed beyond the integer part before the rounding is looked at."""


def _integer_root(value: int, degree: int) -> int | None:
    """The integer whose `degree`-th power is `value` (> 0), or None."""
    low, high = 1, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high) // 2
        if middle**degree < value:
            low = middle + 1
        else:
            high = middle
    return low if low**degree == value else None


def grow(amount: int, rate_ppm: int, days: int) -> int:
    """`amount` (minor units, >= 0) after `days` (>= 0) at a compound yearly rate, ACT/365, rounded half up.

    Exact: a rational growth factor is used as such; an irrational one can never end on a tie, so the number
    of digits is raised until the error bound is clear of it.
    """
    if not amount or not days or not rate_ppm:
        return amount
    base = Fraction(PPM + rate_ppm, PPM)
    years, degree = days // gcd(days, YEAR), YEAR // gcd(days, YEAR)
    top, bottom = _integer_root(base.numerator, degree), _integer_root(base.denominator, degree)
    if top is not None and bottom is not None:
        return half_up(amount * Fraction(top, bottom) ** years)
    digits = len(str(amount)) + len(str(rate_ppm)) * (days // YEAR + 1) + GUARD
    while True:
        context = Context(prec=digits, Emax=10**9, Emin=-(10**9))
        exponent = context.divide(Decimal(days), Decimal(YEAR))
        factor = context.power(context.divide(Decimal(base.numerator), Decimal(base.denominator)), exponent)
        value = Fraction(context.multiply(Decimal(amount), factor))
        # each of the four roundings is within one unit in the last digit; the exponent's is blown up by ln(base) * years
        error = value * Fraction(1 + rate_ppm) * (days + YEAR) / 10 ** (digits - 2)
        low, high = half_up(value - error), half_up(value + error)
        if low == high:
            return low
        digits *= 2

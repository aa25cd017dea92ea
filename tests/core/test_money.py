"""Money is exact: what is typed is what is kept, and nothing mixes currencies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealflow.core import i18n, money
from dealflow.core.money import CURRENCIES, LIMIT, Money, MoneyError
from dealflow.web.context import number_short

amounts = st.integers(0, LIMIT)
currencies = st.sampled_from(sorted(CURRENCIES))


@given(amounts, currencies)
def test_what_is_shown_for_editing_reads_back_the_same(minor: int, currency: str) -> None:
    assert money.parse(money.plain(Money(minor, currency)), currency) == Money(minor, currency)


@given(st.integers(0, 10**9), st.integers(0, 10**9), currencies)
def test_addition_and_subtraction_undo_each_other(a: int, b: int, currency: str) -> None:
    assert Money(a, currency) + Money(b, currency) - Money(b, currency) == Money(a, currency)


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("450,000", 45_000_000),
        ("450000.5", 45_000_050),
        ("45万", 45_000_000),
        ("４５万", 45_000_000),
        ("1.2亿", 12_000_000_000),
        ("¥ 3.5m", 350_000_000),
        ("12千", 1_200_000),
        ("100元", 10_000),
        ("0", 0),
    ],
)
def test_reads_what_people_type(text: str, minor: int) -> None:
    assert money.parse(text) == Money(minor, "CNY")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-1", "negative"),
        ("1.005", "too_precise"),
        ("1.0000000000000000000000000000000001", "too_precise"),
        ("0." + "0" * 4000 + "1", "too_precise"),
        ("1e309", "not_a_number"),
        ("NaN", "not_a_number"),
        ("1,00", "not_a_number"),
        ("0.1+0.2", "not_a_number"),
        ("", "not_a_number"),
        ("10000000000000000", "too_large"),
        ("9" * 4000, "too_large"),
    ],
)
def test_refuses_what_is_no_amount(text: str, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        money.parse(text)
    assert caught.value.code == code


@pytest.mark.parametrize("value", [1.0, True, "1", None])
def test_an_amount_is_an_integer_and_nothing_else(value: object) -> None:
    with pytest.raises(MoneyError):
        Money(value)  # type: ignore[arg-type]


def test_currencies_do_not_mix() -> None:
    with pytest.raises(MoneyError, match="different currencies"):
        Money(1, "CNY") + Money(1, "USD")
    with pytest.raises(MoneyError):
        Money(1, "XXX")
    with pytest.raises(MoneyError):
        money.parse("100.5", "JPY")


def test_shows_amounts_in_both_languages() -> None:
    with i18n.using("zh"):
        assert money.show(Money(45_000_000)) == "¥450,000.00"
        assert money.short(Money(45_000_000)) == "¥45万"
        assert money.short(Money(12_000_000_000)) == "¥1.2亿"
    with i18n.using("en"):
        assert money.show(Money(45_000_000)) == "CN¥450,000.00"
        assert money.short(Money(120_000_000, "USD")) == "$1.2M"
        assert [money.short(Money(minor, "USD")) for minor in (2, 105, 100, 100_000, -205)] == [
            "$0.02", "$1.05", "$1", "$1K", "-$2.05",
        ]  # fmt: skip
    with i18n.using("zh"):
        assert [money.short(Money(minor)) for minor in (2, 105, 123_456, 100_000)] == [
            "¥0.02", "¥1.05", "¥1,234.56", "¥1,000",
        ]  # fmt: skip


def test_compact_amounts_keep_three_digits_so_that_they_add_up() -> None:
    minors = (45_000_000_000, 13_350_372_903, 30_250_000_000, 13_333_333_33, 10_500_000_000, -6_650_000_00)
    with i18n.using("zh"):
        shown = [money.short(Money(minor)) for minor in minors]
        assert shown == ["¥4.5亿", "¥1.34亿", "¥3.03亿", "¥1333.3万", "¥1.05亿", "-¥665万"]
        assert [money.short(Money(minor)) for minor in (99_950_000, 9_950_000)] == ["¥100万", "¥9.95万"]
    with i18n.using("en"):
        assert [money.short(Money(minor)) for minor in minors[:3]] == ["CN¥450M", "CN¥133.5M", "CN¥302.5M"]
        assert money.short(Money(133_500_000)) == "CN¥1.34M"


def test_compact_amounts_take_the_unit_of_what_they_show() -> None:
    with i18n.using("en"):
        shown = [money.short(Money(minor)) for minor in (99_999_999, -99_999_999, 99_994_999, 99_999_999_999)]
        assert shown == ["CN¥1M", "-CN¥1M", "CN¥999.9K", "CN¥1B"]
        assert number_short(999_999.99) == "1M"
    with i18n.using("zh"):
        assert [money.short(Money(minor)) for minor in (9_999_999_999, 9_994_000_000, 10_000_499)] == [
            "¥1亿", "¥9994万", "¥10万",
        ]  # fmt: skip
        assert number_short(99_999_999) == "1亿"


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("USD 450,000", "CNY", Money(45_000_000, "USD")), ("450,000 usd", "CNY", Money(45_000_000, "USD")),
        ("usd450000", "CNY", Money(45_000_000, "USD")), ("45万美元", "CNY", Money(45_000_000, "USD")),
        ("美元 45万", "CNY", Money(45_000_000, "USD")), ("€1.2m", "CNY", Money(120_000_000, "EUR")), ("300 HKD", "CNY", Money(30_000, "HKD")),
        ("HK$300", "CNY", Money(30_000, "HKD")), ("$300", "CNY", Money(30_000, "USD")), ("$300", "SGD", Money(30_000, "SGD")),
        ("5亿日元", "USD", Money(500_000_000, "JPY")), ("３００万港币", "CNY", Money(300_000_000, "HKD")), ("RMB 12万", "USD", Money(12_000_000, "CNY")),
        ("45万", "USD", Money(45_000_000, "USD")), ("100元", "CNY", Money(10_000, "CNY")), ("3.5m", "EUR", Money(350_000_000, "EUR")),
        ("2bn", "USD", Money(200_000_000_000, "USD")), ("USD 5 USD", "CNY", Money(500, "USD")),
    ],
)  # fmt: skip
def test_reads_a_currency_beside_the_amount(text: str, default: str, expected: Money) -> None:
    assert money.read(text, default) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [("XYZ 100", "unknown_currency"), ("100 ABC", "unknown_currency"), ("USD 100 EUR", "two_currencies"), ("USD", "not_a_number"),
     ("USD -1", "negative"), ("日元 0.5", "too_precise"), ("", "not_a_number"), ("a" * 4000, "not_a_number")],
)  # fmt: skip
def test_refuses_a_currency_it_cannot_place(text: str, code: str) -> None:
    with pytest.raises(MoneyError) as caught:
        money.read(text)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12.5", 125_000),
        ("100", 1_000_000),
        ("0.0001", 1),
        ("0.00001", None),
        ("40.0000000000000000000000000000001", None),
        ("1e999999999", None),
        ("-1", None),
        ("NaN", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_a_whole_number_is_found_to_the_last_digit_or_not_at_all(text: str, found: int | None) -> None:
    assert money.whole_number(text, 10_000) == found

"""Thirty small tests that share nothing."""

import pytest
from shop import Cart, Money, parsed, slug

pytestmark = pytest.mark.threadsafe


@pytest.mark.parametrize("cents", [1, 20, 300, 4000, 50000, 600000])
def test_money(cents):
    twice = Money(cents).plus(Money(cents))
    assert twice.cents == 2 * cents
    assert str(twice).endswith(f"{2 * cents % 100:02}")


@pytest.mark.parametrize("pieces", [1, 2, 3, 4, 5, 6])
def test_cart(pieces):
    cart = Cart()
    for number in range(pieces):
        cart.add(f"book {number % 3}", 100)
    assert cart.total() == Money(100 * pieces)


@pytest.mark.parametrize("title", ["One", "Two Words", "Three, Words!", "a b c d", "", "42"])
def test_slug(title):
    assert slug(title) == slug(title.upper())


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
def test_parsed(count):
    line = ";".join(f"key{number} = {number}" for number in range(count))
    found = parsed(line)
    assert found["key0"] == "0"
    assert len(found) == count


@pytest.fixture
def prices():
    return [300, 100, 200]


@pytest.mark.parametrize("most", [50, 100, 150, 200, 250, 300])
def test_of_a_fixture(prices, most):
    cheap = [price for price in sorted(prices) if price <= most]
    assert cheap == sorted(cheap)
    assert len(cheap) == most // 100

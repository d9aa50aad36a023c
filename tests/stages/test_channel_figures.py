"""What channels cost and bring, on figures that can be checked by hand."""

from decimal import Decimal

from suppilo.analytics.channels import ChannelFigures


def test_each_figure_is_the_quotient_that_its_name_says():
    found = ChannelFigures(
        impressions=360_750, clicks=4_000, cost=Decimal("2308.80"), leads=452, customers=50,
        revenue=Decimal(184_320), margin=Decimal(92_160),
    )  # fmt: skip
    assert found.cpm == Decimal("6.4")
    assert round(found.rpm, 2) == Decimal("510.94")
    assert round(found.ctr, 4) == 0.0111
    assert found.cpc == Decimal("0.5772")
    assert round(found.cpl, 2) == Decimal("5.11")
    assert found.cac == Decimal("46.176")
    assert round(found.romi, 3) == 38.917
    assert round(found.quality, 3) == 0.111
    assert found.quality_interval.lower < found.quality < found.quality_interval.upper


def test_nothing_is_divided_by_nothing():
    found = ChannelFigures(impressions=0, clicks=0, cost=Decimal(0))
    rates = (found.cpm, found.rpm, found.ctr, found.cpc, found.cpl, found.cac, found.romi)
    assert rates == (None,) * 7
    assert found.quality is None
    assert found.quality_interval is None
    assert found.ctr_interval is None


def test_what_is_unknown_makes_no_rate():
    found = ChannelFigures(leads=10, customers=2)
    assert (found.cpm, found.ctr, found.cpl, found.romi) == (None,) * 4
    assert found.quality == 0.2


def test_a_channel_that_costs_more_than_it_brings_returns_less_than_nothing():
    found = ChannelFigures(cost=Decimal(100), margin=Decimal(66))
    assert found.romi == -0.34


def test_more_clicks_than_impressions_have_a_rate_and_no_interval():
    found = ChannelFigures(impressions=10, clicks=12)
    assert found.ctr == 1.2
    assert found.ctr_interval is None

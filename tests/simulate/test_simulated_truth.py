"""What the engine measures of a simulated company is what the company was drawn from."""

from statistics import NormalDist

import numpy as np
import pytest

from simulated.worlds import END_US, ask, source_of, whole_world
from suppilo.analytics.intervals import wilson_interval

DAY_US = 86_400_000_000
PAY, ORDER = "Payment Info Entered", "Order Completed"
SHOP = ["page", "Product Viewed", "Product Added", "Checkout Started", "Signed Up", PAY, ORDER]
SALES = ["Lead Submitted", "Lead Qualified", "Demo Booked", "Quote Sent", "Contract Signed"]
EIGHT_LEVELS = [
    ["page"], ["Product Added", "Demo Booked"], ["Checkout Started", "Quote Sent"],
    [ORDER, "Contract Signed"], ["Invoice Paid"], ["Order Delivered"], [ORDER], [ORDER],
]  # fmt: skip


def moment(at_us):
    return np.datetime64(at_us, "us").astype(str) + "Z"


@pytest.fixture(scope="module")
def world():
    return whole_world()


@pytest.fixture(scope="module")
def source(world):
    return source_of(world, "channel", "device")


def agrees(converted, entered, truth, level=0.9999):
    """Whether a measured rate is in line with the truth (one test in 10,000 would fail by luck)."""
    found = wilson_interval(converted, entered, level)
    return found.lower <= truth <= found.upper


def test_each_channels_rates_are_found_before_the_shift(world, source):
    answer = ask(
        source, SHOP[:4], window="60d", by="channel", to=moment(world.truth.shift.at_us)
    ).report()
    found = {value.value: value.steps for value in answer.breakdown.values}
    for channel in world.truth.channels:
        counts = [step.count for step in found[channel.name]]
        for place, rate in enumerate((channel.view, channel.add, channel.checkout)):
            assert agrees(counts[place + 1], counts[place], rate), (channel.name, place)


def test_rates_that_no_channel_changes_are_found(world, source):
    steps = ask(source, SHOP[3:6], window="60d", to=moment(END_US - 60 * DAY_US)).report().steps
    # Customers who come again stand at the payment step without a new account.
    assert agrees(steps[1].count, steps[0].count, world.truth.shop_rates["Signed Up"])
    assert agrees(steps[2].count, steps[1].count, world.truth.shop_rates[PAY])


def test_leak_on_phones_is_found_where_it_was_planted(world, source):
    leak = world.truth.leak
    month = 30 * DAY_US
    before = by_device(source, moment(leak.at_us - 6 * month), moment(leak.at_us))
    after = by_device(source, moment(leak.at_us), moment(END_US - 2 * DAY_US))
    assert agrees(*before["phone"], leak.rate)
    assert agrees(*after["phone"], leak.rate_after)
    for device in ("desktop", "tablet"):
        assert agrees(*before[device], world.truth.order_rates[device])
        assert agrees(*after[device], world.truth.order_rates[device])


def by_device(source, start, end):
    answer = ask(
        source, [PAY, ORDER], window="1h", by="device", by_value="step:1", count="attempts",
        **{"from": start, "to": end},
    ).report()  # fmt: skip
    return {v.value: (v.steps[1].count, v.steps[0].count) for v in answer.breakdown.values}


def test_total_falls_while_every_large_channel_rises(world, source):
    shift = world.truth.shift.at_us
    before = first_views(source, moment(shift - 180 * DAY_US), moment(shift))
    after = first_views(source, moment(shift), moment(END_US - 5 * DAY_US))
    assert after["total"] < before["total"] - 0.01
    for channel in ("organic_search", "paid_search", "direct", "paid_social"):
        assert after[channel] > before[channel]


def first_views(source, start, end):
    answer = ask(
        source, SHOP[:2], window="5d", by="channel", entry="first", **{"from": start, "to": end}
    ).report()
    rates = {v.value: v.steps[1].conversion_rate for v in answer.breakdown.values}
    return {**rates, "total": answer.steps[1].conversion_rate}


def test_sales_steps_and_their_times_are_found(world, source):
    report = ask(source, SALES, window="180d", to=moment(END_US - 180 * DAY_US)).report()
    for before, step in zip(report.steps, report.steps[1:], strict=False):
        assert agrees(step.count, before.count, world.truth.sales_rates[step.name])
        time = world.truth.sales_times[step.name]
        # The median of n log-normal times spreads by sigma * sqrt(pi / 2n) on the log scale.
        spread = NormalDist().inv_cdf(0.9999) * time.sigma * (np.pi / 2 / step.count) ** 0.5
        assert abs(np.log(step.median_seconds / time.median_s)) < spread


def test_repeat_purchases_are_found(world, source):
    answer = ask(
        source, [ORDER, ORDER], window="240d", by="device", by_value="step:1", entry="first",
        to=moment(END_US - 320 * DAY_US),
    ).report()  # fmt: skip
    found = {v.value: [step.count for step in v.steps] for v in answer.breakdown.values}
    # A phone's owner comes back on the computer, or the other way round, if there is a second
    # device; what is left of the difference between their rates is within the interval.
    pay = world.truth.order_rates["desktop"]
    orders, repeats = found["desktop"]
    assert agrees(repeats, orders, world.truth.repeat_rates[0] * pay)


def test_eight_levels_narrow_down_to_regular_customers(source):
    steps = [{"event": events} for events in EIGHT_LEVELS]
    spec = {"window": "540d"}
    counts = [
        step.count for step in ask(source, [s["event"] for s in steps], **spec).report().steps
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 60_000
    assert counts[-1] > 100

"""``suppilo channels`` on companies whose truth is known: sums, prices and lead qualities."""

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import prod

import numpy as np
import pytest

from cli.cli_calls import call
from simulated.worlds import END_US
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.simulate import draw_deals, simulate_company
from suppilo.analytics.simulate.catalogue import ENTRIES

DAY_US = 86_400_000_000
OLD_US = END_US - 200 * DAY_US
"""What came before has been decided."""
MARGIN = Decimal("0.4")
COLUMNS = (
    "date", "channel", "currency", "impressions", "clicks", "touches", "cost", "leads", "won",
    "revenue", "margin",
)  # fmt: skip


def day_of(at_us):
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at_us))).date()


def ask(capsys, path, rows):
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    answer = call(capsys, "channels", str(path), "--json")
    assert answer.code == 0, answer.err
    return {one["name"]: one for one in json.loads(answer.out)["channels"]}


def first_visits(world):
    """Return each person's channel and moment, from the events alone: the first page each saw."""
    events, found = world.events, {}
    labels = events.properties["channel"].labels
    codes = events.properties["channel"].codes.tolist()
    pairs = zip(events.person.tolist(), events.at_us.tolist(), codes, strict=True)
    for person, at, code in pairs:
        if code >= 0 and (person not in found or at < found[person][0]):
            found[person] = (at, labels[code])
    return {person: (at, channel) for person, (at, channel) in found.items() if at < OLD_US}


@pytest.fixture(scope="module")
def company():
    world = simulate_company(np.random.default_rng(5), END_US, people=20_000)
    return world, draw_deals(np.random.default_rng(6), world), first_visits(world)


def rows_of(world, deals, visits):
    """Yield what an export of such a company holds: a row a campaign's day, visit, and lead."""
    spend = world.spend
    for place, channel in enumerate(spend.channel):
        if spend.day_us[place] < OLD_US:
            yield {"date": day_of(spend.day_us[place]), "channel": channel, "currency": "EUR",
                   "impressions": spend.impressions[place], "clicks": spend.clicks[place],
                   "cost": f"{spend.cost[place]:.2f}"}  # fmt: skip
    for at, channel in visits.values():
        yield {"date": day_of(at), "channel": channel, "currency": "EUR", "touches": 1}
    for place, person in enumerate(deals.person.tolist()):
        if person in visits:
            at, channel = visits[person]
            is_won = deals.won_us[place] >= 0
            amount = amount_of(deals, place) if is_won else Decimal(0)
            yield {"date": day_of(at), "channel": channel, "currency": "EUR", "leads": 1,
                   "won": int(is_won), "revenue": amount, "margin": amount * MARGIN}  # fmt: skip


def amount_of(deals, place):
    price, off = Decimal(str(deals.price[place])), Decimal(str(1 - deals.discount[place]))
    return (price * int(deals.quantity[place]) * off).quantize(Decimal("0.01"))


def recount(world, deals, visits):
    """Count the same from the events and the bills, channel by channel."""
    found = defaultdict(lambda: defaultdict(Decimal))
    for channel, day, cost in zip(
        world.spend.channel, world.spend.day_us.tolist(), world.spend.cost.tolist(), strict=True
    ):
        found[channel]["cost"] += Decimal(f"{cost:.2f}") if day < OLD_US else 0
    names, asked, signed = world.events.name.labels, set(), set()
    for person, code in zip(
        world.events.person.tolist(), world.events.name.codes.tolist(), strict=True
    ):
        if names[code] == "Lead Submitted":
            asked.add(person)
        elif names[code] == "Contract Signed":
            signed.add(person)
    place_of = {person: place for place, person in enumerate(deals.person.tolist())}
    for person, (_at, channel) in visits.items():
        found[channel]["touches"] += 1
        found[channel]["leads"] += person in asked
        if person in asked and person in signed:
            found[channel]["customers"] += 1
            found[channel]["revenue"] += amount_of(deals, place_of[person])
    return found


def test_costs_prices_and_returns_are_those_of_a_recount(capsys, tmp_path, company):
    found = ask(capsys, tmp_path / "company.csv", rows_of(*company))
    truth = recount(*company)
    paid = [name for name, sums in truth.items() if sums["cost"]]
    assert len(found) == len(truth) == 9
    assert len(paid) == 4
    assert sum(truth[name]["customers"] > 0 for name in paid) >= 2
    for name, sums in truth.items():
        for figure in ("touches", "leads", "customers"):
            assert found[name][figure] == sums[figure], (name, figure)
        assert Decimal(found[name]["revenue"]) == sums["revenue"]
    for name in paid:
        sums, one = truth[name], found[name]
        cent = Decimal("0.0001")
        assert Decimal(one["cost"]) == sums["cost"]
        assert Decimal(one["cpl"]) == (sums["cost"] / sums["leads"]).quantize(cent)
        if sums["customers"]:
            assert Decimal(one["cac"]) == (sums["cost"] / sums["customers"]).quantize(cent)
        else:
            assert one["cac"] is None
        margin = sums["revenue"] * MARGIN
        assert one["romi"] == pytest.approx(float(margin / sums["cost"] - 1), abs=1e-4)


def test_true_rates_of_a_simulated_company_lie_in_the_intervals(capsys, tmp_path, company):
    world, _deals, _visits = company
    found = ask(capsys, tmp_path / "company.csv", rows_of(*company))
    steps = ("Lead Qualified", "Demo Booked", "Quote Sent", "Contract Signed")
    won = prod(world.truth.sales_rates[step] for step in steps)
    for channel in world.truth.channels:
        one = found[channel.name]
        asked = wilson_interval(one["leads"], one["touches"], 0.9999)
        assert asked.lower <= channel.lead <= asked.upper, channel.name
        shrunk = one["shrunk_interval"]
        assert shrunk["lower"] <= won <= shrunk["upper"], channel.name
    assert {entry.channel for entry in ENTRIES} == set(found)


def test_shrunk_intervals_hold_the_truth_as_often_as_they_say(capsys, tmp_path):
    random = np.random.default_rng(12)
    quality = random.beta(4, 36, 400)
    leads = np.maximum(1, random.lognormal(3.2, 1.1, 400)).astype(int)
    won = random.binomial(leads, quality)
    found = ask(capsys, tmp_path / "partners.csv", (
        {"date": "2026-03-01", "channel": f"partner-{n}", "leads": leads[n], "won": won[n]}
        for n in range(400)
    ))  # fmt: skip
    shrunk = [found[f"partner-{n}"]["shrunk_interval"] for n in range(400)]
    held = [one["lower"] <= q <= one["upper"] for one, q in zip(shrunk, quality, strict=True)]
    # Of 400 intervals of 95 %, 371 to 389 hold it in 99 of 100 worlds.
    assert 370 <= sum(held) <= 391
    widths = [one["upper"] - one["lower"] for one in shrunk]
    assert np.mean(widths) < 0.2

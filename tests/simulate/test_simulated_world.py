"""A simulated company holds together: ids, links, companies, spend, and the same seed."""

import numpy as np
import pytest

from simulated.worlds import END_US, whole_world
from suppilo.analytics.simulate import simulate_company


@pytest.fixture(scope="module")
def world():
    return whole_world()


def rows_of(world, name):
    return np.flatnonzero(world.events.name.codes == world.events.name.labels.index(name))


def flatten(value):
    """Return everything in a tree of frozen records, comparable."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if hasattr(value, "__dataclass_fields__"):
        return [flatten(getattr(value, name)) for name in value.__dataclass_fields__]
    if hasattr(value, "items"):
        return [(name, flatten(part)) for name, part in value.items()]
    return value


def test_same_seed_gives_the_same_company():
    first, second, other = (
        flatten(simulate_company(np.random.default_rng(seed), END_US, people=2_000))
        for seed in (5, 5, 6)
    )
    assert first == second
    assert first != other


def test_a_whole_company_has_the_size_that_is_promised():
    drawn = simulate_company(np.random.default_rng(1), END_US)
    assert 380_000 < len(drawn.events) < 430_000
    assert drawn.truth.people == 60_000


def test_events_are_in_the_order_of_time_within_the_history(world):
    at_us = world.events.at_us
    assert (np.diff(at_us) >= 0).all()
    assert world.truth.start_us <= at_us[0]
    assert at_us[-1] < world.truth.end_us
    assert len(set(world.events.event_id)) == len(world.events)


def test_identifiers_are_unique_and_belong_to_who_uses_them(world):
    assert len(set(world.identifiers)) == len(world.identifiers)
    assert (world.owner[world.events.identifier] == world.events.person).all()


def test_devices_are_anonymous_until_they_become_known(world):
    known_at_us = {}
    for source, at_us, shared in zip(
        world.links.source, world.links.at_us, world.links.is_shared, strict=True
    ):
        if not shared:
            known_at_us[int(source)] = int(at_us)
    identifier, at_us = world.events.identifier, world.events.at_us
    limits = np.array([known_at_us.get(n, 2**62) for n in range(len(world.identifiers))])
    anonymous = ~world.is_known[identifier]
    assert (at_us[anonymous] < limits[identifier[anonymous]]).all()


def test_some_people_have_two_devices_and_some_share_one(world):
    own = world.links.target[~world.links.is_shared]
    devices = np.bincount(own)
    assert (devices == 2).sum() > 100
    assert devices.max() == 2
    assert world.links.is_shared.sum() >= 20
    shared = world.links.source[world.links.is_shared]
    hosts = world.owner[shared]
    guests = world.owner[world.links.target[world.links.is_shared]]
    assert (hosts != guests).all()


def test_a_shared_device_was_its_owners_before(world):
    links = world.links
    first = dict(zip(links.source[~links.is_shared], links.at_us[~links.is_shared], strict=True))
    for source, at_us in zip(
        links.source[links.is_shared], links.at_us[links.is_shared], strict=True
    ):
        assert first[source] < at_us


def test_sessions_end_with_half_an_hour_of_rest(world):
    events = world.events
    session = events.session_id.codes
    rows = np.flatnonzero(session >= 0)
    rows = rows[np.lexsort((events.at_us[rows], session[rows]))]
    inside = np.diff(session[rows]) == 0
    gaps = np.diff(events.at_us[rows])[inside]
    assert gaps.max() < 30 * 60 * 1_000_000


def test_every_sale_has_its_order_id_once_with_revenue(world):
    properties = world.events.properties
    for name in ("Order Completed", "Contract Signed"):
        rows = rows_of(world, name)
        orders = properties["order_id"].codes[rows]
        assert (orders >= 0).all()
        assert len(np.unique(orders)) == len(rows)
        assert (properties["revenue"][rows] > 0).all()
        assert (properties["currency"].codes[rows] == 0).all()
    assert np.isnan(properties["revenue"][rows_of(world, "Invoice Paid")]).all()


def test_known_people_have_traits_and_most_a_company_of_their_country(world):
    traits, groupings = world.traits, world.groupings
    assert set(traits.identifier.tolist()) == set(np.flatnonzero(world.is_known).tolist())
    assert len(set(world.companies.name)) == len(world.companies.name)
    assert 0.6 < len(groupings.company) / len(traits.identifier) < 0.8
    country = dict(zip(traits.identifier.tolist(), traits.values["country"], strict=True))
    same = [
        country[user] == world.companies.country[company]
        for user, company in zip(
            groupings.identifier.tolist(), groupings.company.tolist(), strict=True
        )
    ]
    assert np.mean(same) > 0.98  # but for those who share a device across a border


def test_ads_bring_the_visitors_they_are_paid_for(world):
    spend = world.spend
    assert (spend.clicks > 0).all()
    assert (spend.impressions >= spend.clicks).all()
    assert (spend.cost > 0).all()
    paid = {channel.name: channel for channel in world.truth.channels if channel.click_cost}
    for name, channel in paid.items():
        rows = np.array([item == name for item in spend.channel])
        clicks, shown = spend.clicks[rows].sum(), spend.impressions[rows].sum()
        assert spend.cost[rows].sum() / clicks == pytest.approx(channel.click_cost, rel=0.05)
        assert clicks / shown == pytest.approx(channel.click_rate, rel=0.05)


def test_server_events_come_from_no_device(world):
    rows = rows_of(world, "Lead Qualified")
    assert (world.events.session_id.codes[rows] == -1).all()
    assert (world.events.properties["device"].codes[rows] == -1).all()
    assert world.is_known[world.events.identifier[rows]].all()

"""The simulated deals tell the same story as the events, and nothing of a deal comes before it."""

import numpy as np
import pytest

from simulated.worlds import whole_world
from suppilo.analytics.simulate import draw_deals
from suppilo.analytics.simulate.deals import STAGES


@pytest.fixture(scope="module")
def world():
    return whole_world()


@pytest.fixture(scope="module")
def deals(world):
    return draw_deals(np.random.default_rng(3), world)


def count_events(world, name):
    return int((world.events.name.codes == world.events.name.labels.index(name)).sum())


def test_deals_are_the_leads_demos_quotes_and_contracts_of_the_events(world, deals):
    entered = (deals.entered_us >= 0).sum(axis=0)
    assert len(deals) == count_events(world, "Lead Submitted")
    assert entered[1] == count_events(world, "Lead Qualified")
    assert entered[2] == count_events(world, "Demo Booked")
    assert entered[3] == count_events(world, "Quote Sent")
    assert (deals.won_us >= 0).sum() == count_events(world, "Contract Signed")


def test_stages_come_in_their_order_and_within_the_history(world, deals):
    for row in range(len(deals)):
        times = [*deals.entered_us[row], deals.won_us[row], deals.lost_us[row]]
        known = [at for at in times if at >= 0]
        assert known == sorted(known)
        assert known[-1] < world.truth.end_us
    assert len(STAGES) == deals.entered_us.shape[1]


def test_deal_is_open_or_won_or_lost_with_a_reason(deals):
    assert not ((deals.won_us >= 0) & (deals.lost_us >= 0)).any()
    assert ((deals.lost_reason >= 0) == (deals.lost_us >= 0)).all()
    assert 0.02 < deals.is_open.mean() < 0.35


def test_drawing_deals_takes_nothing_from_the_companys_chance(world, deals):
    again = draw_deals(np.random.default_rng(3), world)
    assert (again.lost_us == deals.lost_us).all()
    assert (again.price == deals.price).all()

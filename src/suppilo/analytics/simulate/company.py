"""A whole company, drawn: visitors, shop, sales team, customers, ads."""

from __future__ import annotations

from numpy.random import Generator

from suppilo.analytics.simulate.columns import make_events
from suppilo.analytics.simulate.customers import describe_customers
from suppilo.analytics.simulate.identity import find_links, identify
from suppilo.analytics.simulate.log import Log
from suppilo.analytics.simulate.sales import ask_sales
from suppilo.analytics.simulate.shop import come_again, visit_shop
from suppilo.analytics.simulate.spend import draw_spend
from suppilo.analytics.simulate.truth import default_truth
from suppilo.analytics.simulate.visitors import browse, draw_visitors
from suppilo.analytics.simulate.world import World


def simulate_company(random: Generator, end_us: int, people: int = 60_000) -> World:
    """Draw 18 months of a company that sells coffee in a web shop and machines by a sales team.

    Parameters
    ----------
    random
        Where all chance comes from; the same state gives the same company.
    end_us
        The end of history, not included: midnight UTC in microseconds since 1970.
    people
        Visitors; each leaves about 6.7 events.

    Examples
    --------
    >>> import numpy as np
    >>> world = simulate_company(np.random.default_rng(7), 1_767_225_600_000_000, people=500)
    >>> world.events.name.labels[world.events.name.codes[0]]
    'page'
    """
    truth, log = default_truth(end_us, people), Log()
    visitors = draw_visitors(random, truth)
    browse(random, visitors, log)
    shop = visit_shop(random, truth, visitors, log)
    sales = ask_sales(random, truth, visitors, log)
    customers = (shop.customers + sales.customers).first_of_each()
    logins = come_again(random, truth, visitors, log, customers).before(end_us)
    known = (shop.accounts + sales.accounts).first_of_each().before(end_us)
    identities = identify(random, people, known, logins, log)
    described = describe_customers(random, visitors, identities, known, log)
    drawn = log.join(end_us)
    return World(
        truth=truth,
        events=make_events(random, visitors, identities, described, drawn),
        identifiers=identities.labels,
        is_known=identities.is_known,
        owner=identities.owner,
        links=find_links(identities, drawn),
        traits=described.traits,
        companies=described.companies,
        groupings=described.groupings,
        spend=draw_spend(random, truth, visitors),
    )

"""Drawn events as the columns of a report: sessions, channels, devices, products, amounts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from suppilo.analytics.events import Int32, PropertyValues
from suppilo.analytics.simulate.catalogue import (
    AGENTS,
    COUNTRIES,
    CURRENCY,
    ENTRIES,
    MANAGERS,
    PAGES,
    PRODUCTS,
    SITE,
    Entry,
)
from suppilo.analytics.simulate.customers import Customers
from suppilo.analytics.simulate.identity import Identities, draw_ids
from suppilo.analytics.simulate.log import NAMES, OWN, SERVER, Drawn
from suppilo.analytics.simulate.visitors import Visitors
from suppilo.analytics.simulate.world import Events, Float64

SESSION_US = 30 * 60 * 1_000_000
"""A pause this long ends a session."""
_DIRECT = next(n for n, entry in enumerate(ENTRIES) if entry.channel == "direct")
_NEWSLETTER = next(n for n, entry in enumerate(ENTRIES) if entry.channel == "email")
_BY_MAIL = 0.25
"""Share of the later visits that come by the newsletter; the others come directly."""

_MANAGED = ("Lead Qualified", "Demo Booked", "Quote Sent", "Contract Signed")
_SALES = ("Order Completed", "Contract Signed")
"""Events with ``revenue``: each sale once."""
_AMOUNTS = ("Quote Sent", "Invoice Paid")


def make_events(
    random: Generator,
    visitors: Visitors,
    identities: Identities,
    customers: Customers,
    drawn: Drawn,
) -> Events:
    """Return the columns of all drawn events."""
    session = number_sessions(drawn)
    entry = _session_entries(random, visitors, drawn, session)
    agent = np.where(drawn.slot == SERVER, -1, visitors.agent[drawn.person, drawn.slot])
    properties: dict[str, PropertyValues | Float64] = {
        **_entry_columns(entry),
        **_page_columns(drawn.page),
        **_texts(agent, AGENTS, {"device": lambda a: a.device, "browser": lambda a: a.browser,
                                 "os": lambda a: a.os}),
        **_person_columns(visitors, drawn),
        **_goods_columns(drawn),
        **_company_columns(identities, customers, drawn),
    }  # fmt: skip
    return Events(
        at_us=drawn.at_us,
        name=PropertyValues(drawn.name, NAMES),
        identifier=identities.of_events(drawn),
        person=drawn.person,
        event_id=draw_ids(random, len(drawn.at_us)),
        session_id=PropertyValues(session, _number("session-", session)),
        properties=properties,
    )


def number_sessions(drawn: Drawn) -> Int32:
    """Return the number of each event's session; -1 for those that come from a server.

    Sessions are numbered by person, device and time.
    """
    visits = np.flatnonzero(drawn.slot != SERVER)
    device = drawn.person[visits].astype(np.int64) * 2 + drawn.slot[visits]
    order = np.argsort(device, kind="stable")
    begins = np.diff(device[order], prepend=-1) != 0
    begins |= np.diff(drawn.at_us[visits][order], prepend=0) >= SESSION_US
    session = np.full(len(drawn.slot), -1, np.int32)
    session[visits[order]] = np.cumsum(begins, dtype=np.int32) - 1
    return session


def _session_entries(random: Generator, visitors: Visitors, drawn: Drawn, session: Int32) -> Int32:
    """Return how each event's session came in: a person's first visit as drawn for the person."""
    count = int(session.max(initial=-1)) + 1
    later = np.where(random.random(count) < _BY_MAIL, _NEWSLETTER, _DIRECT).astype(np.int32)
    first = (drawn.slot == OWN) & (drawn.at_us == visitors.first_at_us[drawn.person])
    later[session[first]] = visitors.entry[drawn.person[first]]
    return np.where(session < 0, -1, later[session]).astype(np.int32)


def _texts(
    codes: NDArray[np.integer],
    items: Sequence[object],
    readers: dict[str, Callable[..., str | None]],
) -> dict[str, PropertyValues]:
    """Return columns of what readers read of the coded items; None where an item has nothing."""
    columns = {}
    for name, read in readers.items():
        texts = [read(item) for item in items]
        labels = tuple(dict.fromkeys(text for text in texts if text is not None))
        table = [-1 if text is None else labels.index(text) for text in texts]
        columns[name] = PropertyValues(np.array([*table, -1], np.int32)[codes], labels)
    return columns


def _entry_columns(entry: Int32) -> dict[str, PropertyValues]:
    def referrer(item: Entry) -> str | None:
        return f"https://{item.referrer_host}/" if item.referrer_host else None

    return _texts(entry, ENTRIES, {
        "channel": lambda item: item.channel,
        "utm_source": lambda item: item.source,
        "utm_medium": lambda item: item.medium,
        "utm_campaign": lambda item: item.campaign,
        "referrer": referrer,
        "referrer_host": lambda item: item.referrer_host,
    })  # fmt: skip


def _page_columns(page: Int32) -> dict[str, PropertyValues]:
    return _texts(page, PAGES, {
        "url": lambda item: SITE + item[0],
        "url_path": lambda item: item[0],
        "page_title": lambda item: item[1],
    })  # fmt: skip


def _person_columns(visitors: Visitors, drawn: Drawn) -> dict[str, PropertyValues]:
    country = visitors.country[drawn.person]
    is_server = drawn.slot == SERVER
    managed = np.isin(drawn.name, [NAMES.index(name) for name in _MANAGED])
    return {
        **_texts(country, COUNTRIES, {"country": lambda item: item[0]}),
        **_texts(np.where(is_server, -1, country), COUNTRIES, {"locale": lambda item: item[1]}),
        "source": PropertyValues(is_server.astype(np.int32), ("Web shop", "Sales")),
        "manager": PropertyValues(
            np.where(managed, drawn.person % len(MANAGERS), -1).astype(np.int32), MANAGERS
        ),
    }


def _goods_columns(drawn: Drawn) -> dict[str, PropertyValues | Float64]:
    price = np.array([*(product.price for product in PRODUCTS), np.nan])
    is_sale = np.isin(drawn.name, [NAMES.index(name) for name in _SALES])
    has_amount = np.isin(drawn.name, [NAMES.index(name) for name in _AMOUNTS])
    has_money = (is_sale | has_amount).astype(np.int32)
    return {
        **_texts(drawn.product, PRODUCTS, {
            "product_id": lambda item: item.id,
            "product": lambda item: item.name,
            "category": lambda item: item.category,
        }),
        "price": price[drawn.product],
        "product_count": np.where(drawn.quantity > 0, drawn.quantity, np.nan),
        "order_id": PropertyValues(drawn.order, _number("order-", drawn.order)),
        "revenue": np.where(is_sale, drawn.amount, np.nan),
        "amount": np.where(has_amount, drawn.amount, np.nan),
        "currency": PropertyValues(has_money - 1, (CURRENCY,)),
    }  # fmt: skip


def _company_columns(
    identities: Identities, customers: Customers, drawn: Drawn
) -> dict[str, PropertyValues]:
    """Return the company's name on the events that say where somebody works."""
    of_identifier = np.full(len(identities.labels), -1, np.int32)
    of_identifier[customers.groupings.identifier] = customers.groupings.company
    user = identities.user[drawn.person]
    says = drawn.name == NAMES.index("group")
    company = np.where(says, of_identifier[user], -1).astype(np.int32)
    return {
        "company": PropertyValues(company, customers.companies.name),
        "industry": _texts(company, customers.companies.industry, {"industry": str})["industry"],
    }


def _number(prefix: str, codes: NDArray[np.integer]) -> tuple[str, ...]:
    return tuple(f"{prefix}{code + 1}" for code in range(int(codes.max(initial=-1)) + 1))

"""What is known of the known: names, addresses, jobs, and the companies they work for."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from suppilo.analytics.events import Int32
from suppilo.analytics.simulate.catalogue import (
    COMPANY_FIRST,
    COMPANY_SECOND,
    COUNTRIES,
    FIRST_NAMES,
    INDUSTRIES,
    LAST_NAMES,
    TITLES,
)
from suppilo.analytics.simulate.identity import Identities
from suppilo.analytics.simulate.log import Log
from suppilo.analytics.simulate.moments import Moments
from suppilo.analytics.simulate.visitors import Visitors
from suppilo.analytics.simulate.world import Companies, Groupings, Traits

PEOPLE_PER_COMPANY = 2.4
IN_COMPANY = 0.7
"""Share of the known people who say where they work."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Those who became known: who they are, and where they work."""

    traits: Traits
    companies: Companies
    groupings: Groupings


def describe_customers(
    random: Generator, visitors: Visitors, identities: Identities, known: Moments, log: Log
) -> Customers:
    """Draw names and companies, and record who says where they work."""
    companies = _draw_companies(random, len(known))
    company = _assign(random, visitors, companies, identities, known)
    placed = np.flatnonzero(company >= 0)
    log.add("group", known.person[placed], known.at_us[placed])
    user = identities.user[known.person]
    return Customers(
        _draw_traits(random, visitors, companies, company, known, user),
        companies,
        Groupings(user[placed], company[placed], known.at_us[placed]),
    )


def _draw_companies(random: Generator, people: int) -> Companies:
    grid = len(COMPANY_FIRST) * len(COMPANY_SECOND)
    count = min(grid, 1 + int(people * IN_COMPANY / PEOPLE_PER_COMPANY))
    country = random.choice(len(COUNTRIES), count, p=[share for *_, share in COUNTRIES])
    names = [
        f"{COMPANY_FIRST[n % len(COMPANY_FIRST)]} {COMPANY_SECOND[n // len(COMPANY_FIRST)]} "
        f"{COUNTRIES[place][2]}"
        for n, place in zip(
            random.choice(grid, count, replace=False).tolist(), country.tolist(), strict=True
        )
    ]
    industry = random.integers(0, len(INDUSTRIES), count).tolist()
    return Companies(
        id=tuple(f"company-{number}" for number in range(1, count + 1)),
        name=tuple(names),
        industry=tuple(INDUSTRIES[code] for code in industry),
        country=tuple(COUNTRIES[place][0] for place in country.tolist()),
        employees=np.maximum(1, random.lognormal(3.2, 1.2, count)).astype(np.int64),
    )


def _assign(
    random: Generator,
    visitors: Visitors,
    companies: Companies,
    identities: Identities,
    known: Moments,
) -> Int32:
    """Return each known person's company, one of the own country; -1 for those who say none."""
    company = np.full(len(known), -1, np.int32)
    says = random.random(len(known)) < IN_COMPANY
    for code, (country, *_) in enumerate(COUNTRIES):
        there = np.flatnonzero(np.array(companies.country) == country)
        here = np.flatnonzero(says & (visitors.country[known.person] == code))
        if len(there):
            company[here] = random.choice(there, len(here))
    return _join_colleagues(company, identities, known)


def _join_colleagues(company: Int32, identities: Identities, known: Moments) -> Int32:
    """Have those who share a device work in the same company."""
    shared = np.flatnonzero(identities.colleague[known.person] >= 0)
    hosts = np.searchsorted(known.person, identities.colleague[known.person[shared]])
    company[shared] = company[hosts]
    return company


def _draw_traits(
    random: Generator,
    visitors: Visitors,
    companies: Companies,
    company: Int32,
    known: Moments,
    user: Int32,
) -> Traits:
    count = len(known)
    first = [FIRST_NAMES[n] for n in random.integers(0, len(FIRST_NAMES), count).tolist()]
    last = [LAST_NAMES[n] for n in random.integers(0, len(LAST_NAMES), count).tolist()]
    places = company.tolist()
    hosts = [_host(companies.name[n]) if n >= 0 else "mail.example" for n in places]
    people = list(zip(first, last, hosts, user.tolist(), strict=True))
    countries = visitors.country[known.person].tolist()
    titles = random.integers(0, len(TITLES), count).tolist()
    values = {
        "name": tuple(f"{name} {family}" for name, family, *_ in people),
        # Namesakes are many among drawn names; the number keeps addresses apart.
        "email": tuple(
            f"{_plain(name)}.{_plain(family)}.{number % 1000}@{host}"
            for name, family, host, number in people
        ),
        "title": tuple(TITLES[code] for code in titles),
        "country": tuple(COUNTRIES[code][0] for code in countries),
        "company": tuple(companies.name[n] if n >= 0 else "" for n in places),
    }
    return Traits(user, known.at_us, values)


def _host(company: str) -> str:
    return f"{_plain(company.rsplit(' ', 1)[0])}.example"


def _plain(text: str) -> str:
    """Return a name as it stands in an address: small letters, no accents."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return folded.lower().replace(" ", "-")

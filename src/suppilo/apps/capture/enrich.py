"""An event's properties as flat columns, with what can be told from its context.

A property of the event's own always goes before a derived one of the same name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

import orjson

from suppilo.apps.capture.channels import find_channel
from suppilo.apps.capture.devices import name_sort, read_device
from suppilo.apps.capture.event import CapturedEvent
from suppilo.apps.capture.pages import CAMPAIGN_FIELDS, CLICK_IDS, Address, read_address

Scalar: TypeAlias = str | int | float | bool


class Said(NamedTuple):
    """The parts of an event that its columns are made of."""

    context: Mapping[str, Any]
    properties: Mapping[str, Any]


MAX_LEVELS = 3
"""Levels of objects that become columns of their own; what is deeper is kept as JSON."""
TOUCH_FIELDS = ("channel", *CAMPAIGN_FIELDS, "referrer_host", "url_path")
_CAMPAIGN_FIELDS = frozenset(CAMPAIGN_FIELDS)
_CLICK_IDS = frozenset(CLICK_IDS)
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NOWHERE = ("", "$direct", "(direct)", "about:blank")
_BESIDE_CONTEXT = frozenset(
    ["$current_url", "$referrer", "$pathname", "$geoip_country_code", "$device_type", "$os",
     "$browser", *CAMPAIGN_FIELDS, *CLICK_IDS]
)  # fmt: skip
"""Properties that tell of the visit or the device, as some clients send them."""
_LONGEST_KNOWN = 4_096


def enrich(event: CapturedEvent | Said) -> dict[str, Scalar]:
    """Return an event's columns.

    Its properties, objects inside them by dotted names (lists as JSON), and the derived ones:
    channel, referrer, referrer_host, the campaign's, click_id, url, url_path, page_title, device,
    browser, os, locale, country, library. What is not known is left out.
    """
    properties = event.properties
    said = orjson.dumps(event.context)
    if len(said) > _LONGEST_KNOWN or not _BESIDE_CONTEXT.isdisjoint(properties):
        columns = _describe_context(event)
    else:
        columns = dict(_read_context(said))
    if "page_title" not in columns and (title := _text(properties, "title")):
        columns["page_title"] = title
    _flatten(properties, "", MAX_LEVELS, columns)
    return columns


@lru_cache(maxsize=8192)
def _read_context(said: bytes) -> Mapping[str, Scalar]:
    """Return what a context tells by itself. Most events repeat an earlier one's."""
    return MappingProxyType(_describe_context(Said(orjson.loads(said), _NOTHING)))


def _describe_context(event: CapturedEvent | Said) -> dict[str, Scalar]:
    columns: dict[str, Scalar] = dict(_read_arrival(*_find_arrival(event)))
    _describe_page(event, columns)
    _describe_device(event, columns)
    return columns


def touch_of(event: CapturedEvent) -> Mapping[str, str]:
    """Return how the person came, as far as this event shows; empty where it doesn't.

    A page that was reached from another page of the same site is no new touch.
    """
    return _read_touch(*_find_arrival(event), _find_path(event))


class Arrival(NamedTuple):
    """What an event says of how the visit came about, in its own words.

    ``campaign`` has a text for each of ``CAMPAIGN_FIELDS`` or is empty; ``click`` is a click id's
    name and value. Both are those given beside the address.
    """

    url: str
    referrer: str
    campaign: tuple[str, ...]
    click: tuple[str, str] | None


def _find_arrival(event: CapturedEvent | Said) -> Arrival:
    context, properties = event.context, event.properties
    page, campaign = _part(context, "page"), _part(context, "campaign")
    return Arrival(
        _text(page, "url") or _text(properties, "$current_url"),
        _find_referrer(context, page, properties),
        _find_campaign(campaign, properties),
        _find_click(campaign) or _find_click(properties),
    )


@lru_cache(maxsize=16_384)
def _read_arrival(
    url: str, referrer: str, campaign: tuple[str, ...], click: tuple[str, str] | None
) -> Mapping[str, str]:
    """Return the columns that tell how a visit came about. Most events repeat an earlier one's."""
    address = read_address(url) if url else Address()
    referrer_host = read_address(referrer).host if referrer else ""
    columns = {
        name: value
        for name, given in zip_longest(CAMPAIGN_FIELDS, campaign)
        if (value := given or address.marks.get(name))
    }
    click = _find_click(address.marks) or click
    if click:
        columns["click_id"] = f"{click[0]}:{click[1]}"
    if url or referrer or columns:
        columns["channel"] = find_channel(
            columns.get("utm_source", ""),
            columns.get("utm_medium", ""),
            click[0] if click else "",
            referrer_host,
            address.host,
        )
    given = {
        "url": url,
        "url_path": address.path,
        "referrer": referrer,
        "referrer_host": referrer_host,
    }
    columns.update((name, value) for name, value in given.items() if value)
    return MappingProxyType(columns)


@lru_cache(maxsize=16_384)
def _read_touch(
    url: str, referrer: str, campaign: tuple[str, ...], click: tuple[str, str] | None, path: str
) -> Mapping[str, str]:
    arrival = _read_arrival(url, referrer, campaign, click)
    if arrival.get("channel") in (None, "internal"):
        return _NOTHING
    shown = {**arrival, "url_path": path} if path else arrival
    return MappingProxyType({name: shown[name] for name in TOUCH_FIELDS if name in shown})


def _find_path(event: CapturedEvent | Said) -> str:
    """Return the page's path where the client gives it beside the address."""
    return _text(_part(event.context, "page"), "path") or _text(event.properties, "$pathname")


def _describe_page(event: CapturedEvent | Said, columns: dict[str, Scalar]) -> None:
    if path := _find_path(event):
        columns["url_path"] = path
    if title := _text(_part(event.context, "page"), "title"):
        columns["page_title"] = title


def _find_referrer(
    context: Mapping[str, Any], page: Mapping[str, Any], properties: Mapping[str, Any]
) -> str:
    """Return the page that led here; our own snippet keeps the one that the visit began with."""
    given = context.get("referrer")
    first = _text(given, "url") if type(given) is dict else given
    for text in (first, page.get("referrer"), properties.get("$referrer")):
        if type(text) is str and text not in _NOWHERE:
            return text
    return ""


def _find_campaign(campaign: Mapping[str, Any], properties: Mapping[str, Any]) -> tuple[str, ...]:
    if not campaign and _CAMPAIGN_FIELDS.isdisjoint(properties):
        return ()
    return tuple(
        _campaign_part(campaign, name) or _text(properties, name) for name in CAMPAIGN_FIELDS
    )


def _campaign_part(campaign: Mapping[str, Any], name: str) -> str:
    """Return a part of Segment's ``campaign``, which calls the campaign itself ``name``."""
    short = "name" if name == "utm_campaign" else name.removeprefix("utm_")
    return _text(campaign, short)


def _find_click(place: Mapping[str, Any]) -> tuple[str, str] | None:
    if not _CLICK_IDS.isdisjoint(place):
        for name in CLICK_IDS:
            if value := _text(place, name):
                return name, value
    return None


def _describe_device(event: CapturedEvent | Said, columns: dict[str, Scalar]) -> None:
    context, properties = event.context, event.properties
    if agent := _text(context, "userAgent"):
        columns.update(_describe_agent(agent))
    else:
        columns.update(_read_named_device(context, properties))
    if locale := _text(context, "locale"):
        columns["locale"] = locale
    country = _text(_part(context, "location"), "country")
    if country := country or _text(properties, "$geoip_country_code"):
        columns["country"] = country
    if library := _text(_part(context, "library"), "name"):
        columns["library"] = library


@lru_cache(maxsize=8192)
def _describe_agent(agent: str) -> Mapping[str, str]:
    device = read_device(agent)
    named = {"device": device.sort, "browser": device.browser, "os": device.os}
    return MappingProxyType({name: value for name, value in named.items() if value})


def _read_named_device(
    context: Mapping[str, Any], properties: Mapping[str, Any]
) -> Iterator[tuple[str, Scalar]]:
    sort = _text(_part(context, "device"), "type") or _text(properties, "$device_type")
    if sort:
        yield "device", name_sort(sort)
    if os := _text(_part(context, "os"), "name") or _text(properties, "$os"):
        yield "os", os
    if browser := _text(properties, "$browser"):
        yield "browser", browser


def _part(place: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = place.get(name)
    return found if type(found) is dict else _NOTHING


def _text(place: Mapping[str, Any], name: str) -> str:
    found = place.get(name)
    return found if type(found) is str else ""


def _flatten(node: Mapping[str, Any], prefix: str, levels: int, columns: dict[str, Scalar]) -> None:
    for key, value in node.items():
        kind = type(value)
        if kind is dict and levels > 1:
            _flatten(value, f"{prefix}{key}.", levels - 1, columns)
        elif kind is dict or kind is list:
            columns[prefix + key] = orjson.dumps(value).decode()
        elif value is not None:
            columns[prefix + key] = value

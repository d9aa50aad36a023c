"""What a user agent says of the device: its sort, browser and operating system."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal, NamedTuple

from suppilo.apps.capture.bots import is_bot

DeviceSort = Literal["desktop", "phone", "tablet", "bot", "other"]

_TABLET = re.compile(r"iPad|Tablet|Kindle|Silk/|PlayBook|Android(?!.*Mobi)")
_PHONE = re.compile(r"Mobi|iPhone|iPod|Windows Phone|Opera Mini")
_DESKTOP = re.compile(r"Windows NT|Macintosh|X11|CrOS|Linux (x86_64|i686)")
_LONGEST = 1024


class Device(NamedTuple):
    """A device; ``browser`` and ``os`` are None where the user agent doesn't say."""

    sort: DeviceSort
    browser: str | None
    os: str | None


@lru_cache(maxsize=8192)
def read_device(user_agent: str) -> Device:
    """Return what a user agent says of the device."""
    # Its rules take a while to load, so this is not done where nothing is captured.
    import ua_parser

    found = ua_parser.parse(user_agent[:_LONGEST])
    return Device(
        _find_sort(user_agent[:_LONGEST]),
        found.user_agent.family if found.user_agent else None,
        found.os.family if found.os else None,
    )


def _find_sort(user_agent: str) -> DeviceSort:
    if is_bot(user_agent):
        return "bot"
    if _TABLET.search(user_agent):
        return "tablet"
    if _PHONE.search(user_agent):
        return "phone"
    return "desktop" if _DESKTOP.search(user_agent) else "other"


_NAMED_SORTS: dict[str, DeviceSort] = {
    "desktop": "desktop",
    "mobile": "phone",
    "phone": "phone",
    "ios": "phone",
    "android": "phone",
    "tablet": "tablet",
}


def name_sort(text: str) -> DeviceSort:
    """Return the sort of device that a client names in its own words."""
    return _NAMED_SORTS.get(text.lower(), "other")

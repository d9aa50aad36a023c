"""What the name of a client's library says of where it runs."""

from __future__ import annotations

import re
from functools import lru_cache

_ON_DEVICES = re.compile(
    r"(^|[./@-])js$|javascript|^web$|browser|snippet|gtm|"
    r"ios|swift|kotlin|android|react-native|flutter|unity|cordova|xamarin",
)
_ON_SERVERS = re.compile(
    r"node|python|ruby|php|golang|(^|[-_/])go$|java($|[^s])|dotnet|\.net|rust|elixir"
)


@lru_cache(maxsize=1024)
def runs_on_device(library: str, *, is_browser_route: bool) -> bool:
    """Return whether a library runs in a browser or an app, on a clock that no one keeps.

    An unknown one is judged by the route it uses.
    """
    name = library.lower()
    if _ON_SERVERS.search(name):
        return False
    return bool(_ON_DEVICES.search(name)) or is_browser_route

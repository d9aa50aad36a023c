"""What the server is told from outside: its folder, its database, its address.

Everything has a default but the folder's own ``suppilo.toml``, which ``suppilo init`` writes; an
environment variable goes before the file.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_data_path

FILE = "suppilo.toml"
_KEYS = {
    "database_url": "DATABASE_URL",
    "secret_key": "SUPPILO_SECRET_KEY",
    "base_url": "SUPPILO_BASE_URL",
    "trusted_proxies": "SUPPILO_TRUSTED_PROXIES",
    "metrics_networks": "SUPPILO_METRICS_NETWORKS",
    "webhook_networks": "SUPPILO_WEBHOOK_NETWORKS",
    "email_url": "SUPPILO_EMAIL_URL",
    "email_from": "SUPPILO_EMAIL_FROM",
    "timezone": "SUPPILO_TIMEZONE",
    "max_future_hours": "SUPPILO_MAX_FUTURE_HOURS",
    "debug": "SUPPILO_DEBUG",
}


class ConfigError(ValueError):
    """A setting can't be used; the message names it, and what to write instead."""


MAX_FUTURE_HOURS = 23.0
"""By so much an event may be dated after its arrival where nobody has set another limit."""
_LONGEST_FUTURE_HOURS = 8_784.0
_DATABASES = {"sqlite", "postgres", "postgresql"}
_YES, _NO = {"1", "true", "yes"}, {"", "0", "false", "no"}
OWN_ADDRESS = "http://localhost:8000"
"""The server's address where nobody has set one, nor another port."""


@dataclass(frozen=True, slots=True)
class Config:
    """The server's settings.

    Attributes
    ----------
    home
        The one folder with everything: settings, SQLite database, lake, ids, uploads.
    base_url
        The address that people and clients use; links in mails begin with it. Where nobody has
        set one, it is this machine's, with the port that the server was started on.
    has_base_url
        Somebody has set that address.
    trusted_proxies
        Networks (CIDR) whose ``X-Forwarded-For`` is believed.
    metrics_networks
        Networks (CIDR) that may read ``/metrics`` without a token; this machine always may.
    webhook_networks
        Networks (CIDR) beside the public internet that webhooks may be sent to.
    max_future_hours
        An event that is dated later than this after its arrival counts for its arrival.
    secret_is_passing
        Nobody has set a secret: this one was made up, and lives as long as the process.
    """

    home: Path
    secret_key: str = field(repr=False)
    database_url: str = field(default="", repr=False)
    base_url: str = OWN_ADDRESS
    has_base_url: bool = False
    trusted_proxies: tuple[str, ...] = ()
    metrics_networks: tuple[str, ...] = ()
    webhook_networks: tuple[str, ...] = ()
    email_url: str = field(default="console:", repr=False)
    email_from: str = "suppilo@localhost"
    timezone: str = "UTC"
    max_future_hours: float = MAX_FUTURE_HOURS
    debug: bool = False
    secret_is_passing: bool = False

    @property
    def lake(self) -> Path:
        """The folder of the event tables."""
        return self.home / "lake"

    @property
    def database(self) -> str:
        """The database's URL; SQLite in the home folder unless another was given."""
        return self.database_url or f"sqlite:///{quote(str(self.home / 'suppilo.sqlite3'))}"


def find_home(environ: Mapping[str, str]) -> Path:
    """Return the data folder: ``SUPPILO_HOME``, or the user's own data folder."""
    given = environ.get("SUPPILO_HOME")
    return Path(given).expanduser().resolve() if given else user_data_path("suppilo")


def read_config(environ: Mapping[str, str]) -> Config:
    """Return the settings of the data folder that the environment names.

    A folder without a settings file has a secret of its own for as long as the process lives.

    Raises
    ------
    ConfigError
        If the file is no TOML, has a key that is not known, or a value that can't be used.
    """
    home = find_home(environ)
    given = _read_file(home / FILE)
    given |= {key: environ[name] for key, name in _KEYS.items() if environ.get(name)}
    return Config(
        home=home,
        secret_key=str(given.get("secret_key") or secrets.token_urlsafe(50)),
        trusted_proxies=_read_networks(given, "trusted_proxies"),
        metrics_networks=_read_networks(given, "metrics_networks"),
        webhook_networks=_read_networks(given, "webhook_networks"),
        max_future_hours=_read_hours(given),
        debug=_read_debug(given),
        secret_is_passing=not given.get("secret_key"),
        database_url=_read_database(given),
        timezone=_read_timezone(given),
        base_url=str(given.get("base_url") or _own_address(environ)),
        has_base_url=bool(given.get("base_url")),
        **{key: str(given[key]) for key in ("email_url", "email_from") if key in given},
    )


def _own_address(environ: Mapping[str, str]) -> str:
    port = environ.get("SUPPILO_PORT")
    return f"http://localhost:{port}" if port else OWN_ADDRESS


def _read_debug(given: Mapping[str, Any]) -> bool:
    value = str(given.get("debug", "")).lower()
    if value not in _YES | _NO:
        raise ConfigError(f"debug: {value!r} is neither true nor false; write debug = false")
    return value in _YES


def _read_database(given: Mapping[str, Any]) -> str:
    """Return the database's URL; a mistake's message leaves the URL out, for its password."""
    url = str(given.get("database_url", ""))
    try:
        parts = urlsplit(url)
        known = not url or (parts.scheme in _DATABASES and (parts.port or True))
    except ValueError:
        known = False
    if not known:
        raise ConfigError(
            "database_url is no address of PostgreSQL; write postgres://user:password@host/name "
            "(special characters of the password as %XX), or leave it out for SQLite"
        )
    return url


def _read_timezone(given: Mapping[str, Any]) -> str:
    name = str(given.get("timezone", "UTC"))
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ConfigError(f"timezone: {name!r} is none; write Europe/Riga, say") from error
    return name


def _read_hours(given: Mapping[str, Any]) -> float:
    value = given.get("max_future_hours", MAX_FUTURE_HOURS)
    try:
        hours = float(value)
    except (TypeError, ValueError):
        hours = -1.0
    if isinstance(value, bool) or not 0 <= hours <= _LONGEST_FUTURE_HOURS:
        raise ConfigError(
            f"max_future_hours: {value!r} is no number of hours from 0 to "
            f"{_LONGEST_FUTURE_HOURS:,.0f}; write max_future_hours = {MAX_FUTURE_HOURS:g}"
        )
    return hours


def _read_networks(given: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """Return a list of networks: TOML's, or a text with commas, as in the environment."""
    value = given.get(key, ())
    parts = value.split(",") if isinstance(value, str) else value
    networks = tuple(str(part).strip() for part in parts if str(part).strip())
    for network in networks:
        try:
            ip_network(network, strict=False)
        except ValueError as error:
            raise ConfigError(
                f"{key}: {network!r} is no network; write 10.0.0.0/8 or one address"
            ) from error
    return networks


def _read_file(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is no TOML: {error}") from error
    unknown = sorted(set(found) - set(_KEYS))
    if unknown:
        raise ConfigError(
            f"{path}: unknown setting {unknown[0]!r}; there are {', '.join(sorted(_KEYS))}"
        )
    return found

"""Checks of the data folder: settings, who may read it, space, clock, log, backups."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from suppilo.apps.config import FILE, Config
from suppilo.apps.operations.backup import last_backup_s
from suppilo.apps.operations.checks.finding import Finding, doubtful, good, wrong
from suppilo.apps.operations.database import sqlite_file
from suppilo.apps.operations.locks import is_running
from suppilo.apps.operations.wal import WARN_BYTES, wal_bytes

LEAST_FREE_BYTES = 1024**3
SHORTEST_KEY = 40
BACKUP_EVERY_S = 7 * 24 * 3600
RELEASED_S = 1_767_225_600
"""2026-01-01: a clock that is before this program was written is wrong."""
FAR_S = 4_102_444_800


def check_settings(config: Config) -> Iterator[Finding]:
    """Check what the settings file says."""
    place = str(config.home / FILE)
    mistakes = list(_find_mistakes(config))
    yield from mistakes
    if not any(mistake.level == "error" for mistake in mistakes):
        yield good("settings", f"{place} read; people reach the server at {config.base_url}")


def _find_mistakes(config: Config) -> Iterator[Finding]:
    place = str(config.home / FILE)
    if config.secret_is_passing:
        yield wrong(
            "settings",
            f"there is no secret_key in {place}: each start logs everybody out",
            "put back the one from a backup, or 50 random characters",
        )
    elif len(config.secret_key) < SHORTEST_KEY:
        yield wrong(
            "settings", f"the secret key in {place} is short", "put in 50 random characters"
        )
    parts = urlsplit(config.base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        yield wrong(
            "settings", f"base_url {config.base_url!r} is no address", "write https://your.host"
        )
    elif parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        yield doubtful(
            "settings",
            "base_url begins with http: passwords travel in the open",
            "put a reverse proxy with https in front, and write its address",
        )
    if config.debug:
        yield doubtful("settings", "debug is on: error pages show secrets", "set debug = false")
    if not all(parseaddr(config.email_from)[1].partition("@")):
        yield wrong(
            "settings",
            f"email_from {config.email_from!r} is no e-mail address",
            'write "Suppilo <suppilo@your.host>", say',
        )


def check_files(config: Config) -> Iterator[Finding]:
    """Check that this user can write the folder, and no other can read what is secret."""
    for path in (config.home, config.lake):
        if path.exists() and not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            yield wrong("files", f"{path} can't be written", f"chown -R {os.getuid()} {path}")
    secret = [config.home / FILE, sqlite_file(config)]
    open_to_others = [path for path in secret if path and _is_open(path)]
    for path in open_to_others:
        yield doubtful("files", f"others on this machine can read {path}", f"chmod 600 {path}")
    if not open_to_others:
        yield good("files", "settings and data are their owner's alone")


def check_disk(config: Config) -> Finding:
    """Check that there is space left."""
    free = shutil.disk_usage(config.home).free
    text = f"{free / 1e9:,.1f} GB free where {config.home} is"
    if free < LEAST_FREE_BYTES:
        return doubtful("disk", text, "free space before events are refused")
    return good("disk", text)


def check_clock(config: Config, now_s: float | None = None) -> Finding:
    """Check that the machine's clock is possible, and not behind what it wrote itself."""
    at_s = time.time() if now_s is None else now_s
    written = [path.stat().st_mtime for path in (config.home / FILE,) if path.exists()]
    if at_s < max([RELEASED_S, *written]) - 60 or at_s > FAR_S:
        return wrong("clock", "the machine's clock is wrong", "set it (timedatectl set-ntp true)")
    return good("clock", "the machine's clock is plausible")


def check_wal(config: Config) -> Finding:
    """Check that SQLite's write-ahead log is kept short."""
    size = wal_bytes(config)
    text = f"the write-ahead log has {size / 1e6:,.1f} MB"
    if size < WARN_BYTES:
        return good("log", text)
    remedy = "find what reads the database for long (lsof)"
    if not is_running(config.home, "worker"):
        remedy = "start the worker, which shortens it"
    return doubtful("log", text, remedy)


def check_backup(config: Config) -> Finding:
    """Check that there is a backup that is not old."""
    made_s = last_backup_s(config.home)
    advice = "suppilo backup FILE, from a timer, to another disk"
    if made_s is None:
        return doubtful("backup", "no backup was made yet", advice)
    age_s = time.time() - made_s
    text = f"the last backup was made {max(age_s, 0) / 86400:,.1f} days ago"
    return doubtful("backup", text, advice) if age_s > BACKUP_EVERY_S else good("backup", text)


def _is_open(path: Path) -> bool:
    return path.exists() and bool(path.stat().st_mode & 0o077)

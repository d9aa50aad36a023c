"""The data folder: made once by ``suppilo init``, opened by everything else."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from suppilo.apps.config import FILE, Config, read_config
from suppilo.apps.operations.errors import OperationError
from suppilo.apps.operations.files import write_private

_HEAD = """\
# Settings of this Suppilo server; docs/reference/settings.md explains each.
# The secret key signs sessions and links: keep this file to yourself.
"""


def open_home(environ: Mapping[str, str]) -> Config:
    """Return the settings of a folder that ``suppilo init`` has made.

    Raises
    ------
    OperationError
        If the folder was not made, or can't be written to.
    """
    config = read_config(environ)
    if not (config.home / FILE).is_file():
        raise OperationError(
            f"there is no Suppilo server in {config.home} (no {FILE}); "
            f"make one with: suppilo init --home {config.home}"
        )
    return config


def create_home(environ: Mapping[str, str]) -> bool:
    """Make the folder with its settings file unless it is there; return whether it was made.

    Raises
    ------
    OperationError
        If the folder holds other things, or can't be made.
    """
    home = read_config(environ).home
    if (home / FILE).is_file():
        return False
    _check_free(home)
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = f'{_HEAD}secret_key = "{secrets.token_urlsafe(50)}"\n'
    write_private(home / FILE, text.encode())
    return True


def _check_free(home: Path) -> None:
    if home.exists() and not home.is_dir():
        raise OperationError(f"{home} is a file; name a folder")
    names = sorted(path.name for path in home.iterdir()) if home.is_dir() else []
    if names:
        raise OperationError(
            f"{home} holds other things ({names[0]}) and no {FILE}; name a new or empty folder, "
            f"or put back the {FILE} that belongs there"
        )

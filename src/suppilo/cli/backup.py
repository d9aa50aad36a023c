"""``suppilo backup`` and ``suppilo restore``."""

from __future__ import annotations

import os
from pathlib import Path

import click

from suppilo.cli.home import home_option
from suppilo.cli.output import count_of


@click.command("backup")
@home_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Write everything into FILE (a .tar.zst): database, lake, ids and settings.

    The server may run meanwhile. FILE holds the secret key and all data: keep it as safe as the
    server. It is written whole or not at all.
    """
    from suppilo.apps.operations.backup import write_backup
    from suppilo.apps.operations.home import open_home

    summary = write_backup(open_home(os.environ), file)
    size = f"{summary.bytes / 1e6:,.1f} MB"
    click.echo(f"{summary.file}: {size}, {count_of(summary.files, 'file')}")
    for name in summary.spoiled:
        click.echo(
            f"{name} is damaged, and is so in the backup: keep the backups made before it, and "
            "restore one of them",
            err=True,
        )
    click.echo(
        "It holds all data and the secret key, which opens the sealed secrets of webhooks, and the "
        "mail server's password: keep it as safe as the server."
    )


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--home",
    required=True,
    type=click.Path(path_type=Path),
    help="A new or empty folder for the data.",
)
@click.option(
    "--suppressed-in",
    "old",
    metavar="OLD",
    help="The old data folder, or its PostgreSQL database's address: who is suppressed there "
    "stays suppressed.",
)
def restore_command(file: Path, home: Path, old: str | None) -> None:
    """Make a new data folder from a backup FILE, after checking every file in it.

    A PostgreSQL database is restored into the empty one that DATABASE_URL names.
    """
    from suppilo.apps.operations.restore import restore_backup
    from suppilo.apps.operations.suppressions import read_suppressions
    from suppilo.lake.parquet import find_spoiled

    os.umask(0o077)
    folder = home.expanduser().absolute()
    suppressed = read_suppressions(old) if old is not None else ()
    manifest, added = restore_backup(file, folder, os.environ, suppressed)
    click.echo(
        f"{folder}: {count_of(len(manifest.files), 'file')} as of {manifest.made_at}; "
        f"start it with: suppilo serve --home {folder}"
    )
    for name in find_spoiled(folder):
        click.echo(f"{name} was damaged when it was backed up: restore an older backup", err=True)
    if old is not None:
        click.echo(
            f"{count_of(added, 'identifier')} suppressed since then: suppressed here as well."
        )
        return
    click.echo(
        f"Identifiers suppressed after {manifest.made_at} are not suppressed in it: suppress them "
        "again (People, Suppressed identifiers) before events arrive; or, while the old data can "
        "be read, restore with --suppressed-in."
    )

"""``suppilo check``."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict

import click

from suppilo.cli.home import home_option, setup_django
from suppilo.cli.output import echo_json, echo_text

_SIGNS = {"ok": "ok     ", "warning": "WARNING", "error": "ERROR  "}


@click.command("check")
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--rebuild-people", is_flag=True, help="First put right who is who, from evidence.")
@click.option("--replay-deals", is_flag=True, help="First put deals where their ledgers say.")
def check_command(as_json: bool, rebuild_people: bool, replay_deals: bool) -> None:
    """Check settings, files, database and events; exit code 1 where something is wrong.

    The server may run meanwhile. Without --rebuild-people and --replay-deals nothing is
    changed.
    """
    from suppilo.apps.operations.checks import check_all
    from suppilo.apps.operations.home import open_home

    config = open_home(os.environ)
    setup_django()
    if rebuild_people:
        _rebuild_people()
    if replay_deals:
        _replay_deals()
    findings = []
    for finding in check_all(config):
        findings.append(finding)
        if not as_json:
            echo_text(f"{_SIGNS[finding.level]}  {finding.subject}: {finding.text}")
            if finding.remedy:
                echo_text(f"         -> {finding.remedy}")
    if as_json:
        echo_json([asdict(finding) for finding in findings])
    sys.exit(int(any(finding.level == "error" for finding in findings)))


def _rebuild_people() -> None:
    from suppilo.apps.people.services import rebuild_people

    moved = rebuild_people()
    click.echo(f"{moved:,} identifiers moved to the person that the evidence says", err=True)


def _replay_deals() -> None:
    from suppilo.apps.deals.services import replay_deals

    moved = replay_deals()
    click.echo(f"{moved:,} deals put where their ledgers say", err=True)

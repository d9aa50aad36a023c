"""A backup of a server that is being sent events: what was acknowledged before is in it, once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops_support.senders import Sender, make_key, read_stored
from ops_support.server_homes import ServerHome, new_database, server_home, wait_until


@pytest.fixture
def home(tmp_path: Path):
    with server_home(tmp_path / "home") as made:
        yield made


def test_backup_under_load_has_what_was_acknowledged_before_it_and_nothing_twice(
    home: ServerHome, tmp_path: Path
) -> None:
    key = make_key(home)
    process, address = home.serve()
    senders = [Sender(address, key, batch=20) for _ in range(3)]
    for sender in senders:
        sender.start()
    # Long enough that events are in the tables, and others still in the inbox.
    wait_until(lambda: any((home.folder / "ids").glob("*.ids")), home.log.read_text, within_s=60)
    archives = []
    for number in range(2):
        before = set.union(*(set(sender.acked) for sender in senders))
        archive = tmp_path / f"{number}.tar.zst"
        home.run("backup", str(archive))
        archives.append((archive, before))
    for sender in senders:
        sender.stop()
    process.terminate()
    assert process.wait(15) == 0
    for archive, before in archives:
        check_restored(home, archive, before, tmp_path / f"new-{archive.name}")


def check_restored(home: ServerHome, archive: Path, before: set[str], folder: Path) -> None:
    with new_database() as url:
        new = ServerHome(folder, url)
        new.run("restore", str(archive), "--home", str(folder))
        findings = json.loads(new.run("check", "--json").stdout)
        assert not [found for found in findings if found["level"] == "error"]
        stored = read_stored(new)
        assert before <= set(stored["ids"])
        assert len(stored["ids"]) == len(set(stored["ids"]))
        assert sum(count["stored"] for count in stored["counts"]) == len(stored["ids"])
        # It goes on where it was: what was stored is known, the rest is taken.
        process, address = new.serve()
        key = make_again(new)
        known = Sender(address, key)
        assert known.send(sorted(before)[:20]) == 200
        process.terminate()
        assert process.wait(15) == 0
        again = read_stored(new)
        assert sorted(again["ids"]) == sorted(stored["ids"])
        assert sum(count["duplicate"] for count in again["counts"]) >= 20
        new.end()


def make_again(home: ServerHome) -> str:
    from ops_support.senders import in_home

    return in_home(
        home,
        "import django; django.setup()\n"
        "from suppilo.apps.capture.models import SourceKey\n"
        "print(SourceKey.objects.get().key)",
    ).strip()

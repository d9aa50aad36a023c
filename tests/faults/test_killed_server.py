"""The whole server killed at any moment, while clients send over HTTP and come again.

Clients of our own begin anew at once, so they meet every moment of the server's, and it is known
what they heard. The real clients wait longer after each failure; they join the longer run.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import nullcontext
from pathlib import Path

import pytest

from faults_support.sdk_clients import sdk_clients
from faults_support.stubborn_clients import check_delivered, kill_tree, stubborn_clients
from ops_support.senders import make_key
from ops_support.server_homes import free_port, get, server_home, wait_until

KILLS = int(os.environ.get("SUPPILO_KILLS", "10"))
WITH_REAL_CLIENTS = "SUPPILO_KILLS" in os.environ


@pytest.mark.timeout(60 + 30 * KILLS + 300 * WITH_REAL_CLIENTS)
def test_server_killed_again_and_again_has_exactly_what_was_delivered(tmp_path: Path) -> None:
    chance = random.Random(KILLS)
    with server_home(tmp_path / "home") as home:
        key, port = make_key(home), str(free_port())
        address = f"http://127.0.0.1:{port}"
        real = sdk_clients(address, key) if WITH_REAL_CLIENTS else nullcontext([])
        with real as sdks, stubborn_clients(address, key, 4) as clients:
            for kill in range(KILLS):
                process = home.start("serve", "--port", port)
                if kill % 5:  # every fifth dies while it starts
                    wait_until(
                        lambda: get(f"{address}/health/live").status == 200, home.log.read_text
                    )
                time.sleep(chance.uniform(0.0, 1.5))
                assert process.poll() is None, home.log.read_text()
                kill_tree(process)
            home.start("serve", "--port", port)
            wait_until(lambda: get(f"{address}/health/live").status == 200, home.log.read_text)
        kill_tree(home.processes[-1])
        assert set.union(*(one.statuses for one in clients)) <= {0, 200, 503}
        found = check_delivered(home, [*clients, *sdks])
    duplicates = found["counts"]["duplicate"]
    print(f"{KILLS} kills, {len(found['ids'])} events stored, {duplicates} came again")

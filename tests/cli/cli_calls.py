"""Calls of the real command: in this process, which is fast, and as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from suppilo.cli.main import main

COMMAND = [sys.executable, "-m", "suppilo"]


@dataclass(frozen=True)
class Answer:
    """What a call gave: exit code, standard output and standard error."""

    code: int
    out: str
    err: str


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Call the command in this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    return Answer(int(ended.value.code or 0), said.out, said.err)


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """Return the one line with which a call is refused, without the command's name."""
    answer = call(capsys, *arguments)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.count("\n") == 1, answer.err
    assert answer.err.startswith("suppilo: ")
    return answer.err.removeprefix("suppilo: ").strip()


def run(
    arguments: Sequence[object], *, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a process."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, cwd=cwd,
        env=os.environ | environment, timeout=120,
    )  # fmt: skip


SHOP = """\
user_id,event,timestamp,price,source,product
=1+1,view,2026-01-01T10:00:00Z,,ad,hat
=1+1,cart,2026-01-01T11:00:00Z,12.5,ad,hat
=1+1,pay,2026-01-02T10:00:00Z,30,ad,hat
u2,view,2026-01-01T12:00:00Z,,mail,hat
u2,cart,2026-01-03T10:00:00Z,5,mail,shoe
u3,view,2026-01-05T10:00:00Z,,mail,hat
u4,view,2026-01-06T10:00:00Z,,,shoe
u4,view,2026-01-16T10:00:00Z,,ad,shoe
u4,cart,2026-01-17T10:00:00Z,80,ad,shoe
u5,cart,2026-01-17T10:00:00Z,80,ad,shoe
u6,view,2026-01-18T10:00:00Z,,ad,hat
u7,view,soon,,ad,hat
"""
"""Of six that view or put into a cart, five enter, three go on to the cart and one pays."""

STEPS = ("--step", "view", "--step", "cart", "--step", "pay")


def write_shop(folder: Path) -> Path:
    """Write the shop's events as CSV."""
    file = folder / "shop.csv"
    file.write_text(SHOP)
    return file

"""The tests that ``docs/reference/faults.md`` names as proofs are there, under these names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "reference" / "faults.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+) \|(.*)\|$", re.MULTILINE)
PROOF = re.compile(r"`(\w+/test_\w+\.py)(?:::(\w+))?`")
PROVED = {number: PROOF.findall(told) for number, told in ROW.findall(TEXT)}
TAKEN_ON = {*range(1, 11), 13, 14, 16, *range(18, 41), *range(61, 71), 72, 75, *range(78, 86),
            *range(89, 93)}  # fmt: skip


@pytest.mark.parametrize("row", PROVED)
def test_every_proof_of_a_row_is_a_test_that_is_there(row: str) -> None:
    for file, name in PROVED[row]:
        path = ROOT / "tests" / file
        assert path.is_file(), file
        found = re.search(rf"^ *(?:def|class) {name}\b", path.read_text("utf-8"), re.MULTILINE)
        assert found or not name, f"{file} has no {name}"


def test_every_row_that_is_taken_on_has_a_proof() -> None:
    assert {int(row) for row, proofs in PROVED.items() if proofs} >= TAKEN_ON

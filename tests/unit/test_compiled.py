"""Kernels: compiled once, kept where there is room, and the same as the Python they come from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import suppilo
from suppilo.analytics.compiled import addresses, load_int64

SCRIPT = """
import json, sys
import numpy as np
from suppilo.analytics.compiled import addresses, inlined, kernel, load_int64

LIMIT = 1000

@inlined
def clip(value):
    return LIMIT if value > LIMIT else value

@kernel("int64[]", "int32[]", "float64[]", "int64", "int64[]", "int64[]")
def mix(whole, small, real, factor, parts, out):
    total = 0
    for i in range(len(whole)):
        total += clip(whole[i] * factor) + small[i] + int(real[i] * 2) + load_int64(parts[i], i)
        out[i] = total
    return total

random = np.random.default_rng(1)
whole = random.integers(-500, 500, 50)
small = random.integers(-9, 9, 50).astype(np.int32)
real = random.integers(-8, 8, 50) / 2
others = [random.integers(0, 9, 50) for _ in range(50)]
answers = []
for run in (mix, mix.function):
    out = np.zeros(50, np.int64)
    answers.append([int(run(whole, small, real, 3, addresses(others), out)), out.tolist()])
print(json.dumps({"compiled": answers[0], "plain": answers[1], "numba": "numba" in sys.modules}))
"""


@pytest.fixture
def run_without_room(tmp_path):
    """Run the script with a package that has no writable cache, the user's cache in tmp_path."""
    package = tmp_path / "lib" / "suppilo"
    shutil.copytree(
        Path(suppilo.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__")
    )
    # A file where the folder would be keeps even root from writing there.
    (package / "analytics" / "__pycache__").write_text("")
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path / "lib"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }

    def run() -> Any:
        done = subprocess.run(
            [sys.executable, script], capture_output=True, text=True, env=environment
        )
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout.splitlines()[-1])

    return run


def stored(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob("*.o"))


def test_a_kernel_is_compiled_once_and_kept_in_the_users_cache(run_without_room, tmp_path):
    first = run_without_room()
    assert first["numba"]
    assert first["compiled"] == first["plain"]
    (name,) = stored(tmp_path / "cache" / "suppilo" / "kernels")
    assert name.startswith("mix-")
    assert stored(tmp_path / "lib") == []
    second = run_without_room()
    assert not second["numba"]
    assert second["compiled"] == first["plain"]
    assert stored(tmp_path / "cache") == [name]


def test_a_kernel_works_where_nothing_can_be_kept(run_without_room, tmp_path):
    (tmp_path / "cache").write_text("no folder")
    answer = run_without_room()
    assert answer["compiled"] == answer["plain"]
    assert stored(tmp_path) == []


def test_a_changed_constant_or_callee_is_compiled_anew(run_without_room, tmp_path):
    run_without_room()
    script = tmp_path / "script.py"
    for old, new in (("LIMIT = 1000", "LIMIT = 100"), ("> LIMIT else value", "> LIMIT else -1")):
        script.write_text(script.read_text().replace(old, new))
        answer = run_without_room()
        assert answer["numba"]
        assert answer["compiled"] == answer["plain"]
    assert len(stored(tmp_path / "cache")) == 3


def test_an_array_of_the_wrong_kind_is_refused_before_it_is_read(run_without_room, tmp_path):
    script = tmp_path / "script.py"
    call = "mix({}, small, real, 3, addresses(others), out)"
    wrong = ("whole.astype(np.int32)", "whole / 1", "whole.reshape(5, 10)", "whole[::2]")
    tries = "".join(
        f"try: {call.format(array)}\nexcept TypeError as error: found.append(str(error))\n"
        for array in wrong
    )
    script.write_text(f"{SCRIPT}found = []\n{tries}print(json.dumps(found), file=sys.stdout)\n")
    assert run_without_room() == [
        "a kernel wants int64[], not int32[1d]",
        "a kernel wants int64[], not float64[1d]",
        "a kernel wants int64[], not int64[2d]",
        "a kernel wants int64[], not int64[1d]",
    ]


def test_addresses_are_of_int64_arrays_only():
    arrays = [np.arange(3), np.arange(5) * 2]
    places = addresses(arrays)
    assert [load_int64(int(places[1]), i) for i in range(5)] == [0, 2, 4, 6, 8]
    for wrong in (np.zeros(3, np.int32), np.zeros(6, np.int64)[::2]):
        with pytest.raises(TypeError, match=r"a kernel wants int64\[\]"):
            addresses([wrong])

"""Names from outside are data, and large questions end: neither harms the one who receives."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.strategies import fixed_profile
from suppilo.analytics.events import ALL_PATHS
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.apps.funnels.running import CalculationEndedError, Watch
from suppilo.lake import Lake, LakeSource
from suppilo.lake.where_parse import parse_where
from suppilo.sources.joined import JoinedSource
from suppilo.sources.memory import MemorySource
from suppilo.sources.overrides import NO_OVERRIDES

DAY_US = 86_400_000_000
HOSTILE = [
    "price; DROP TABLE events",
    '") OR 1=1 --',
    "c0",
    "at_us",
    "$.a.b",
    "__proto__",
    "Robert'); DELETE FROM inbox;--",
    "read_csv('/etc/passwd')",
    "path_key",
    "_rest",
    "_batch",
    "ä\u202e\u0000ö",
    "*",
    "a.b",
    "",
]


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def one_event(name: str, prop: str, values: list[object]) -> tuple[pa.Table, pa.Table]:
    count = len(values)
    events = pa.table(
        {
            "path": [f"p{n}" for n in range(count)],
            "at": pa.array(range(count), pa.int64()).view(pa.timestamp("us", "UTC")),
            "event": [name] * count,
        }
    )
    return events, pa.table({prop: pa.array(values)})


names = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
)


@fixed_profile(120)
@given(names, names, st.integers(0, 3))
def test_condition_on_any_property_name_means_that_property_and_nothing_else(event, prop, wanted):
    events, properties = one_event(event, prop, [0, 1, 2, 3])
    joined = JoinedSource(
        [MemorySource(events, properties), MemorySource(*one_event("other", "x", [7]))],
        NO_OVERRIDES,
    )
    table = joined.read(event, ALL_PATHS)
    if prop in ("", "at", "event") or "\0" in prop:
        return  # "" and NUL can't be written in a condition; at and event are the event's own
    found = table.matches(f"{quoted(prop)} = {wanted}")
    values = table.values(prop)
    assert values is not None
    assert [values.labels[c] for c in values.codes[found].tolist()] == [wanted]
    assert parse_where(f"{quoted(prop)} = {wanted}") is not None


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_hostile_names_are_kept_and_asked_for_as_they_are(tmp_path, name):
    lake = Lake.create(tmp_path / "lake")
    events, properties = one_event(name, name, ["x", "y", "x"])
    lake.write(events, "one", properties)
    source = LakeSource(lake)
    assert source.event_names() == (name,)
    assert source.property_names() == [name]
    found = run_funnel(source, FunnelDefinition.from_dict(
        {"steps": [{"event": name}], "by": name})).report()  # fmt: skip
    assert {value.value: value.steps[0].count for value in found.breakdown.values} == {
        "x": 2, "y": 1}  # fmt: skip
    assert not (tmp_path / "events").exists()


@pytest.fixture(scope="module")
def ten_years() -> MemorySource:
    random = np.random.default_rng(1)
    count = 60_000
    events = pa.table(
        {
            "path": pa.array(random.integers(0, 2_000, count).astype(str)),
            "at": pa.array(np.sort(random.integers(0, 3650, count)) * DAY_US).view(
                pa.timestamp("us", "UTC")
            ),
            "event": pa.array([f"e{n % 60}" for n in range(count)]),
        }
    )
    many = pa.table({"id": pa.array(np.arange(count).astype(str)), "ten": pa.array(
        random.integers(0, 10, count))})  # fmt: skip
    return MemorySource(events, many)


def asked(**more: object) -> FunnelDefinition:
    steps = [f"e{n}" for n in range(50)]
    return FunnelDefinition.from_dict({"steps": steps, "every": "day", **more})


def test_fifty_steps_by_ten_values_over_ten_years_of_days_are_answered(ten_years):
    report = run_funnel(ten_years, asked(by="ten")).report()
    assert len(report.steps) == 50
    assert len(report.breakdown.values) == 10
    assert len(report.buckets) <= 3660


def test_question_with_more_steps_than_allowed_is_refused():
    with pytest.raises(DefinitionError, match="steps"):
        FunnelDefinition.from_dict({"steps": [f"e{n}" for n in range(65)]})


def test_breakdown_by_what_is_different_for_every_event_is_refused(ten_years):
    with pytest.raises(DefinitionError, match="more than"):
        run_funnel(ten_years, asked(by="id"))


def test_question_that_nobody_waits_for_ends_at_its_next_look():
    watch = Watch(clock=lambda: 100.0, limit_s=5.0, started_at=90.0)
    with pytest.raises(CalculationEndedError):
        watch.check()

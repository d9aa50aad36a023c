"""Daily figures out of events, and what changed underneath, beside plain loops."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from suppilo.analytics.watch import Days, split_shift, tally_days
from suppilo.lake import Lake, LakeSource

RIGA = ZoneInfo("Europe/Riga")
END = datetime(2026, 4, 10, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    """Return 3,000 events around the change to summer time, and a source of them."""
    rng = np.random.default_rng(1)
    rows = [
        (f"p{rng.integers(500)}", END - timedelta(minutes=int(rng.integers(60 * 24 * 30))),
         ["ads", "search", None][rng.integers(3)], float(rng.integers(1, 50)))
        for _ in range(3000)
    ]  # fmt: skip
    lake = Lake.create(tmp_path_factory.mktemp("watch") / "lake")
    lake.write(
        pa.table({
            "path": [row[0] for row in rows],
            "at": pa.array([row[1] for row in rows], pa.timestamp("us", "UTC")),
            "event": ["order"] * len(rows),
        }),
        "a",
        pa.table({"channel": [row[2] for row in rows], "amount": [row[3] for row in rows]}),
    )  # fmt: skip
    return rows, LakeSource(lake)


def test_days_are_counted_as_by_hand_in_the_local_zone(events):
    rows, source = events
    days = Days.until(int(END.timestamp() * 1e6), "Europe/Riga", 20)
    assert (days.first, len(days)) == (date(2026, 3, 21), 20)
    found = tally_days(source, "order", days, by="channel")
    by_hand = Counter(row[1].astimezone(RIGA).date() for row in rows)
    assert found.total.tolist() == [by_hand[days.day(place)] for place in range(20)]
    ads = Counter(row[1].astimezone(RIGA).date() for row in rows if row[2] == "ads")
    assert found.parts[False, "ads"].tolist() == [ads[days.day(place)] for place in range(20)]
    assert {name for name, _ in found.largest(5)} == {"ads", "search"}


def test_amounts_are_added_up_and_conditions_met(events):
    rows, source = events
    days = Days.until(int(END.timestamp() * 1e6), "Europe/Riga", 20)
    found = tally_days(source, "order", days, amount="amount", where="channel = 'ads'")
    sums: Counter[date] = Counter()
    for _, at, channel, amount in rows:
        if channel == "ads":
            sums[at.astimezone(RIGA).date()] += amount
    assert found.total.tolist() == [sums[days.day(place)] for place in range(20)]


def test_an_event_or_amount_that_is_not_there_is_nothing(events):
    _, source = events
    days = Days.until(int(END.timestamp() * 1e6), "UTC", 20)
    assert not tally_days(source, "refund", days, by="channel").total.any()
    assert not tally_days(source, "order", days, amount="price").total.any()


def test_parts_of_a_shift_add_up_and_the_uneven_property_is_told():
    rng = np.random.default_rng(2)
    search, ads = rng.poisson(30, 60).astype(float), rng.poisson(20, 60).astype(float)
    ads[50:] = 0
    total = search + ads
    phones = np.array([rng.binomial(int(n), 0.5) for n in total], float)
    before, after = slice(0, 50), slice(50, 60)
    known = np.ones(60)
    by_channel = split_shift("channel", total, [("search", search), ("ads", ads)], known, before,
                             after)  # fmt: skip
    by_device = split_shift("device", total, [("phone", phones)], known, before, after)
    assert [part.value for part in by_channel.parts] == ["ads", "search"]
    assert by_channel.parts[0].score < -5
    for split in (by_channel, by_device):
        whole = total[after].mean() - total[before].mean()
        assert sum(part.difference for part in split.parts) == pytest.approx(whole)
    assert by_channel.uneven > 20 > 3 > by_device.uneven
    assert split_shift("channel", total, [("all", total)], known, before, after) is None

"""From counted units to figures: rates, what is open, optional steps, buckets and breakdowns."""

from __future__ import annotations

import pytest

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.listing import list_paths, path_columns
from suppilo.analytics.funnel.names import check_names
from suppilo.analytics.funnel.outside import with_outside
from suppilo.analytics.funnel.report import Rejected
from suppilo.analytics.funnel.run import run_funnel
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.intervals import wilson_interval
from suppilo.analytics.periods import parse_moment

DAY_US = 86_400_000_000
START_US = parse_moment("2026-03-02", "UTC")


def tell(*stories):
    """Return events of several paths; ``"a0 b2.5"`` is a at day 0 and b at day 2.5.

    A mark after a slash is the event's ``source``: ``a0/ad``.
    """
    events = []
    for path, story in enumerate(stories, 1):
        for word in story.split():
            word, _, source = word.partition("/")
            at_us = START_US + int(float(word[1:]) * DAY_US)
            events.append((path, at_us, word[0], {"source": source} if source else {}))
    return MemorySource(make_stream(*events))


def ask(source, steps, **options):
    definition = FunnelDefinition.from_dict({"steps": list(steps), **options})
    return run_funnel(source, definition)


def figures(source, steps, *names, **options):
    report = ask(source, steps, **options).report()
    return [tuple(getattr(step, name) for name in names) for step in report.steps]


def test_rates_are_shares_of_the_first_step_and_of_the_one_before():
    source = tell("a0 b1 c2", "a0 b1", "a0 b1", "a0", "x0")
    found = figures(source, "abc", "count", "conversion_rate", "step_conversion_rate")
    assert found == [(4, 1.0, None), (3, 0.75, 0.75), (1, 0.25, 1 / 3)]
    assert ask(source, "abc").report().paths == 5


def test_every_rate_has_its_own_interval():
    source = tell("a0 b1 c2", "a0 b1", "a0 b1", "a0")
    _, _, (lower, upper, step_lower, step_upper) = figures(
        source, "abc", "lower", "upper", "step_lower", "step_upper"
    )
    whole, own = wilson_interval(1, 4), wilson_interval(1, 3)
    assert (lower, upper) == (whole.lower, whole.upper)
    assert (step_lower, step_upper) == (own.lower, own.upper)


def test_a_rate_without_a_denominator_is_none():
    source = tell("x0", "a0")
    rates = ("conversion_rate", "lower", "step_conversion_rate", "step_lower", "median_seconds")
    # Nobody enters.
    assert figures(source, "bc", "count", *rates) == [(0, *[None] * 5)] * 2
    # Nobody reaches the second step: the third has a share of all, and none of the step before.
    third = figures(source, "abc", "count", *rates)[2]
    assert third == (0, 0.0, 0.0, None, None, None)


def test_a_source_without_events_gives_zeros():
    report = ask(MemorySource([]), "ab", every="day", by="source").report()
    assert [step.count for step in report.steps] == [0, 0]
    assert (report.as_of_us, report.paths, report.buckets) == (None, 0, ())
    assert report.breakdown.values == ()
    assert report.to_dict()["as_of"] is None


def test_who_still_has_time_is_open_and_not_lost():
    source = tell("a0 b1", "a0", "a9", "a9 b9.5", "x10")
    found = figures(source, "abc", "count", "drop_off", "open", window="7d")
    assert found == [(4, 1, 1), (2, 1, 1), (0, 0, 0)]


def test_the_window_is_open_until_all_of_it_has_been_seen():
    for as_of, still in ((6.9, 1), (7, 0), (7.1, 0)):
        source = tell("a0", f"x{as_of}")
        assert figures(source, "ab", "open", "drop_off", window="7d")[0] == (still, 1 - still)


def test_without_a_window_nobody_is_lost_for_good():
    assert figures(tell("a0", "x900"), "ab", "open", "drop_off")[0] == (1, 0)


def test_counts_drop_offs_and_open_paths_add_up():
    source = tell("a0 b1 c2", "a0 b1", "a0", "a9", "a9 b9.5", "x10")
    found = figures(source, "abc", "count", "drop_off", "open", window="7d")
    for (count, drop_off, still), (following, *_) in zip(found, found[1:], strict=False):
        assert count == following + drop_off + still


def test_an_optional_step_counts_those_who_did_it_and_is_no_denominator():
    steps = ["a", {"event": "b", "optional": True}, "c"]
    source = tell("a0 b1 c2", "a0 c1", "a0 c1", "a0 b1")
    found = figures(source, steps, "count", "conversion_rate", "step_conversion_rate", "optional")
    assert found == [(4, 1.0, None, False), (2, 0.5, 0.5, True), (3, 0.75, 0.75, False)]


def test_drop_off_at_an_optional_step_is_about_the_next_required_one():
    steps = ["a", {"event": "b", "optional": True}, "c"]
    source = tell("a0 b1 c2", "a0 c1", "a0 b1", "x10")
    found = figures(source, steps, "drop_off", window="7d")
    assert found == [(1,), (1,), (0,)]


def test_times_are_from_the_required_step_before():
    steps = ["a", {"event": "b", "optional": True}, "c"]
    source = tell("a0 b1 c4", "a0 c2", "a0 c3", "a0 c9")
    found = figures(
        source, steps, "p25_seconds", "median_seconds", "mean_seconds", "p75_seconds"
    )  # fmt: skip
    day = 86_400
    assert found[0] == (None,) * 4
    assert found[1] == (day, day, day, day)
    assert found[2] == (2.75 * day, 3.5 * day, 4.5 * day, 5.25 * day)


def test_steps_of_any_order_are_numbers_of_steps_done():
    source = tell("b0 a1", "b0", "c0 a1 b2")
    report = ask(source, "abc", order="any").report()
    assert [(step.name, step.count) for step in report.steps] == [
        ("completed 1 step", 3), ("completed 2 steps", 2), ("completed 3 steps", 1),
    ]  # fmt: skip


# --- buckets


@pytest.mark.parametrize("every", ["day", "week", "month"])
def test_buckets_add_up_to_the_whole(every):
    source = tell("a0 b1", "a0", "a3 b3", "a8 b20", "a40 b41", "a44")
    report = ask(source, "ab", every=every, window="7d").report()
    for step, whole in enumerate(report.steps):
        assert sum(bucket.steps[step].count for bucket in report.buckets) == whole.count
        assert sum(bucket.steps[step].drop_off for bucket in report.buckets) == whole.drop_off
        assert sum(bucket.steps[step].open for bucket in report.buckets) == whole.open
    for bucket in report.buckets:
        assert bucket.steps[0].count == bucket.converted + bucket.dropped + bucket.open


def test_a_conversion_belongs_to_the_bucket_of_its_entry_and_gaps_are_buckets_too():
    report = ask(tell("a0 b5", "a3"), "ab", every="day").report()
    assert [(b.start, b.steps[0].count, b.converted, b.open) for b in report.buckets] == [
        ("2026-03-02", 1, 1, 0),
        ("2026-03-03", 0, 0, 0),
        ("2026-03-04", 0, 0, 0),
        ("2026-03-05", 1, 0, 1),
    ]


def test_buckets_are_local_days():
    # 22:30 in London is half past midnight in Riga.
    source = tell("a0.9375 b2")
    starts = [
        ask(source, "ab", every="day", timezone=zone).report().buckets[0].start
        for zone in ("UTC", "Europe/Riga")
    ]
    assert starts == ["2026-03-02", "2026-03-03"]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Riga", "UTC"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_an_entry_at_the_calendars_end_is_in_a_bucket(text, zone):
    source = MemorySource(make_stream((1, parse_moment(text, "UTC"), "a", {})))
    for every in ("day", "week", "month"):
        report = ask(source, "a", every=every, timezone=zone).report()
        assert [bucket.steps[0].count for bucket in report.buckets] == [1]
        assert report.to_dict()["as_of"]


def test_days_from_year_1_to_9999_are_refused_and_named():
    moments = [parse_moment(f"{year}-06-01", "UTC") for year in ("0001", "9999")]
    source = MemorySource(make_stream(*[(i, at, "a", {}) for i, at in enumerate(moments)]))
    with pytest.raises(DefinitionError, match='"every": from 0001-06-01 to 9999-06-01 there are'):
        ask(source, "a", every="day").report()


# --- breakdowns


def test_a_breakdown_by_the_first_touch_adds_up_with_those_without_a_value():
    source = tell("a0/ad b1", "a0/ad", "a0 b1/mail", "a0")
    breakdown = ask(source, "ab", by="source").report().breakdown
    assert [(v.value, [s.count for s in v.steps]) for v in breakdown.values] == [
        ("ad", [2, 1]), ("mail", [1, 1]),
    ]  # fmt: skip
    assert (breakdown.twice, breakdown.none, breakdown.beyond) == (0, 1, 0)


def test_a_breakdown_by_a_step_takes_that_events_value():
    source = tell("a0/ad b1/mail", "a0/ad b1", "a0/ad")
    breakdown = ask(source, "ab", by="source", by_value="step:2").report().breakdown
    assert [(v.value, v.steps[0].count) for v in breakdown.values] == [("mail", 1)]
    assert breakdown.none == 2


def test_the_first_touch_may_come_before_the_entry():
    source = tell("x0/ad a1/mail b2", "a0 b1/mail")
    breakdown = ask(source, "ab", by="source").report().breakdown
    assert [(v.value, v.steps[1].count) for v in breakdown.values] == [("ad", 1), ("mail", 1)]


def test_the_last_touch_is_none_after_the_last_step_reached():
    source = tell("a0/ad x1/mail b2 x3/post", "a0/ad x1/mail", "x0/post a1")
    breakdown = ask(source, "ab", by="source", by_value="last").report().breakdown
    assert {v.value: v.steps[0].count for v in breakdown.values} == {"mail": 1, "ad": 1, "post": 1}


def test_a_breakdown_by_all_values_counts_who_is_there_twice():
    source = tell("a0/ad b1/ad a2/mail", "a0/mail", "a0")
    breakdown = ask(source, "ab", by="source", by_value="all").report().breakdown
    assert [(v.value, [s.count for s in v.steps]) for v in breakdown.values] == [
        ("mail", [2, 0]), ("ad", [1, 1]),
    ]  # fmt: skip
    assert (breakdown.twice, breakdown.none) == (1, 1)
    assert 2 + 1 - breakdown.twice + breakdown.none == 3


def test_a_property_with_a_value_for_each_path_is_no_breakdown():
    events = [(i, START_US, "a", {"id": f"v{i}"}) for i in range(10_001)]
    with pytest.raises(DefinitionError, match="more than 10,000 different values; choose a prop"):
        ask(MemorySource(make_stream(*events)), "a", by="id")


# --- what stands beside the figures


def test_who_did_a_step_outside_of_the_order_is_told_apart():
    source = tell("a0 b1", "b0 a1", "a0 b30", "a0", "b0")
    result = ask(source, "ab", window="7d")
    assert [s.outside for s in with_outside(result.report(), result, source).steps] == [0, 2]


def test_any_order_has_nothing_outside():
    source = tell("b0 a1", "b0")
    result = ask(source, "ab", order="any")
    assert [s.outside for s in with_outside(result.report(), result, source).steps] == [None] * 2


def test_the_json_form_has_the_documented_keys():
    source = tell("a0/ad b1")
    written = ask(source, "ab", every="day", by="source").report().to_dict()
    assert list(written) == [
        "definition", "as_of", "paths", "excluded", "steps", "buckets", "breakdown", "rejected",
    ]  # fmt: skip
    assert set(written["steps"][0]) >= {
        "name", "count", "conversion_rate", "step_conversion_rate", "lower", "upper", "drop_off",
        "open", "median_seconds", "mean_seconds", "p25_seconds", "p75_seconds",
    }  # fmt: skip
    assert written["rejected"] == Rejected().to_dict() == {"rows": 0, "reasons": {}}
    assert FunnelDefinition.from_dict(written["definition"]).steps[1].name == "b"


def test_listed_paths_are_those_behind_the_counts():
    source = tell("a0 b1 c2", "a0 b1", "a9 b9.5", "a0", "x10")
    result = ask(source, "abc", window="7d")
    rows = list(list_paths(result, source))
    for place, step in enumerate(result.report().steps, 1):
        assert sum(row["steps"] >= place for row in rows) == step.count
        assert sum(row["steps"] == place and row["outcome"] == "open" for row in rows) == step.open
    assert [row["outcome"] for row in rows] == ["converted", "dropped", "open", "dropped"]
    assert rows[0]["3 c at"] == "2026-03-04T00:00:00+00:00"
    assert all(tuple(row) == path_columns(result) for row in rows)


def test_a_funnel_that_nobody_enters_still_has_columns():
    result = ask(tell("x0"), "ab")
    assert list(list_paths(result, tell("x0"))) == []
    assert path_columns(result) == (
        "path", "steps", "outcome", "1 a at", "1 a event_id", "2 b at", "2 b event_id",
    )  # fmt: skip


# --- names that the source does not know


def unknown(**spec):
    source = MemorySource(make_stream((1, 0, "add_to_cart", {"price": 1})))
    with pytest.raises(DefinitionError) as caught:
        check_names(source, FunnelDefinition.from_dict(spec))
    return str(caught.value)


def test_an_unknown_event_or_property_names_the_nearest():
    assert unknown(steps=["add_to_crt"]) == (
        "step 1: no event is called 'add_to_crt'; did you mean 'add_to_cart'?"
    )
    assert unknown(steps=["add_to_cart", "zzz"]) == (
        "step 2: no event is called 'zzz'; there are add_to_cart"
    )
    exclusion = {"event": "cart", "after": 1, "before": 2}
    assert unknown(steps=["add_to_cart", "*"], exclude=[exclusion]).startswith("exclusion 1: no")
    assert unknown(steps=["*"], by="prize") == (
        "\"by\": no event has a property 'prize'; did you mean 'price'?"
    )
    assert unknown(steps=["*"], hold=["cost"]).startswith('"hold": no event has a property')


def test_a_long_list_of_events_is_cut():
    source = MemorySource(make_stream(*[(1, 0, f"event {i:02}", {}) for i in range(40)]))
    with pytest.raises(DefinitionError) as caught:
        check_names(source, FunnelDefinition.from_dict({"steps": ["zzz"]}))
    assert str(caught.value).endswith("event 10, event 11 and more")


def test_names_of_properties_are_asked_for_only_where_a_funnel_names_one():
    class Asked(MemorySource):
        times = 0

        def property_names(self):
            self.times += 1
            return super().property_names()

    source = Asked(make_stream((1, 0, "a", {"price": 1})))
    check_names(source, FunnelDefinition.from_dict({"steps": ["a"]}))
    assert source.times == 0
    check_names(source, FunnelDefinition.from_dict({"steps": ["a"], "by": "price"}))
    assert source.times == 1

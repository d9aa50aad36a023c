"""Time to convert by the values of a breakdown, and the test between them."""

from __future__ import annotations

import pytest

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from suppilo.analytics.funnel import DefinitionError, FunnelDefinition, run_funnel
from suppilo.analytics.funnel.times_by import MOST_VALUES, times_by_value

SECOND = 1_000_000


def ask(stories, **options):
    """Count a funnel over (channel, second of b or None), all of whom do ``a`` at 0."""
    events = []
    for path, (channel, done) in enumerate(stories):
        events.append((path, 0, "a", {"channel": channel} if channel else {}))
        if done is not None:
            events.append((path, done * SECOND, "b", {}))
    events.append((len(stories), 100 * SECOND, "end", {}))
    spec = {"steps": ["a", "b"], "window": "50s", "by": "channel", **options}
    return run_funnel(MemorySource(make_stream(*events)), FunnelDefinition.from_dict(spec))


MAILS = [("mail", second) for second in (1, 2, 3, 4)]
ADS = [("ads", 10), ("ads", 20), ("ads", None), ("ads", None)]


def test_each_value_has_its_times_with_who_still_waits():
    found = times_by_value(ask([*MAILS, *ADS, ("ads", None)]))
    assert (found.by, [value.value for value in found.values]) == ("channel", ["ads", "mail"])
    ads, mail = found.values
    assert (ads.converted, ads.censored) == (2, 3)
    assert [quantile.time for quantile in mail.quantiles] == [1, 2, 3, 4]
    # Of five, two have by 20 s: a quarter have by 20 s, and half never do.
    assert [quantile.time for quantile in ads.quantiles] == [20, None, None, None]


def test_the_test_tells_quick_from_slow():
    found = times_by_value(ask(MAILS * 5 + ADS * 5)).test
    assert found.degrees == 1
    assert found.p_value < 0.001
    assert times_by_value(ask(MAILS * 5 + [("ads", s) for _, s in MAILS * 5])).test.p_value == (
        pytest.approx(1)
    )


def test_who_has_no_value_is_left_out():
    found = times_by_value(ask([*MAILS, ("", 5), ("", None)]))
    assert [value.converted + value.censored for value in found.values] == [4]
    assert found.test.degrees == 0


def test_small_values_beyond_the_largest_are_counted_and_left_out():
    stories = [(f"c{number:02}", 1) for number in range(MOST_VALUES + 3)]
    found = times_by_value(ask(stories))
    assert (len(found.values), found.left_out) == (MOST_VALUES, 3)


def test_without_one_value_for_each_there_is_nothing_to_compare():
    assert times_by_value(ask(MAILS, by=None)) is None
    assert times_by_value(ask(MAILS, by_value="all")) is None


def test_steps_that_are_none_are_refused():
    with pytest.raises(DefinitionError, match="from a required step to a later one"):
        times_by_value(ask(MAILS), 2, 1)

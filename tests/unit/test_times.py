"""Time to convert: percentiles of who did, and the curve that uses who still waits."""

from __future__ import annotations

import json

import numpy as np
import pytest

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from suppilo.analytics.durations import kaplan_meier
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.run import run_funnel
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.funnel.times import time_to_convert


def ask(stories, steps="ab", **options):
    """Count a funnel over paths told as ``"a0 b5"``: event and second."""
    events = [
        (path, int(word[1:]) * 1_000_000, word[0], {})
        for path, story in enumerate(stories)
        for word in story.split()
    ]
    spec = {"steps": list(steps), **options}
    return run_funnel(MemorySource(make_stream(*events)), FunnelDefinition.from_dict(spec))


def test_percentiles_are_those_of_the_counted_chains():
    found = time_to_convert(ask([f"a0 b{second}" for second in range(1, 102)]))
    assert (found.from_step, found.to_step) == ("a", "b")
    assert (found.converted, found.censored) == (101, 0)
    assert (found.median_seconds, found.mean_seconds) == (51, 51)
    assert found.percentiles == ((10, 11), (25, 26), (50, 51), (75, 76), (90, 91))


def test_the_histogram_holds_every_conversion_once():
    found = time_to_convert(ask([f"a0 b{second * second}" for second in range(1, 50)]))
    assert sum(count for _, _, count in found.histogram) == found.converted
    assert found.histogram[0][0] == 1
    assert found.histogram[-1][1] == 49 * 49
    assert all(a[1] == b[0] for a, b in zip(found.histogram, found.histogram[1:], strict=False))


def test_few_slow_conversions_share_the_last_bar_and_the_rest_keep_fine_ones():
    stories = [f"a0 b{second}" for second in range(1, 100)] + ["a0 b9000"]
    found = time_to_convert(ask(stories)).histogram
    assert found[-1][1:] == (9000, 1)
    assert sum(count for _, _, count in found) == 100
    assert max(count for _, _, count in found) < 25
    assert all(a[1] == b[0] for a, b in zip(found, found[1:], strict=False))


def test_who_did_not_convert_waited_until_the_window_or_the_data_ended():
    found = time_to_convert(ask(["a0 b10", "a0", "a95", "x100"], window="40s"))
    assert (found.converted, found.censored) == (1, 2)
    # Watched for 40 s (window) and 5 s (until the last event): at 10 s two of three are at risk.
    assert [point[:2] for point in found.curve] == [(10, 0.5)]


def test_the_curve_is_one_minus_kaplan_meier_with_its_range():
    stories = ["a0 b10", "a0 b20", "a0 b20", "a50", "a70", "x100"]
    found = time_to_convert(ask(stories))
    curve = kaplan_meier(
        np.array([10.0, 20, 20, 50, 30]), np.array([True, True, True, False, False])
    )
    assert [point[0] for point in found.curve] == curve.time.tolist() == [10, 20]
    assert [point[1] for point in found.curve] == pytest.approx((1 - curve.share).tolist())
    for _, share, lower, upper in found.curve:
        assert 0 <= lower <= share <= upper <= 1


def test_the_curve_ends_above_the_plain_rate_where_paths_are_still_waiting():
    found = time_to_convert(ask(["a0 b30", "a0 b40", "a90", "a95", "x100"]))
    assert found.curve[-1][1] == 1
    assert found.converted / (found.converted + found.censored) == 0.5


def test_any_two_required_steps_can_be_asked():
    result = ask(["a0 b5 c7", "a0 b1 c2", "a0 b3"], "abc")
    assert time_to_convert(result, 2, 3).median_seconds == 1.5
    assert time_to_convert(result, 1, 3).median_seconds == 4.5
    assert time_to_convert(result, 1, 2).median_seconds == 3
    assert time_to_convert(result).to_step == "c"
    assert time_to_convert(result, 2, 3).censored == 1


def test_an_optional_step_is_passed_over():
    steps = ["a", {"event": "b", "optional": True}, "c"]
    result = ask(["a0 b5 c7", "a0 c3"], steps)
    assert time_to_convert(result).mean_seconds == 5
    for pair in ((1, 2), (2, 3)):
        with pytest.raises(DefinitionError, match="from a required step to a later one"):
            time_to_convert(result, *pair)


@pytest.mark.parametrize("pair", [(2, 1), (1, 1), (0, 1), (1, 4), (-1, 2)])
def test_steps_that_are_not_there_are_refused(pair):
    with pytest.raises(DefinitionError, match=f"not from {pair[0]} to {pair[1]}"):
        time_to_convert(ask(["a0 b5"], "ab"), *pair)


def test_nobody_converted_and_nobody_entered():
    for stories in (["a0", "x9"], ["x0"], []):
        found = time_to_convert(ask(stories))
        assert (found.converted, found.median_seconds, found.curve) == (0, None, ())
        assert (found.histogram, found.percentiles) == ((), ())


def test_the_json_form_is_plain():
    written = time_to_convert(ask(["a0 b5", "a0"])).to_dict()
    assert json.loads(json.dumps(written))["converted"] == 1

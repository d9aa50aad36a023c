"""What goes with conversion: ratios by hand, corrections, a planted effect, and noise."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from oracle.bruteforce import make_stream
from oracle.memory import MemorySource
from suppilo.analytics.funnel.correlation import correlate
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.funnel.run import run_funnel

SECOND = 1_000_000


def look(paths, steps=("view", "buy"), **options):
    """Correlate over paths, each a list of (second, event, properties)."""
    source = MemorySource(
        make_stream(
            *[
                (number, second * SECOND, name, properties)
                for number, story in enumerate(paths)
                for second, name, properties in story
            ]
        )
    )
    spec = {"steps": list(steps), "window": "1h", **options}
    result = run_funnel(source, FunnelDefinition.from_dict(spec))
    return correlate(result, source)


def one(second=0, *, help_at=None, buy_at=None, **properties):
    story = [(second, "view", properties)]
    story += [] if help_at is None else [(help_at, "help", {})]
    return story + ([] if buy_at is None else [(buy_at, "buy", {})])


def table(a, b, c, d):
    """Return paths: with help a convert and b don't, without help c do and d don't."""
    return [
        *[one(help_at=5, buy_at=9)] * a,
        *[one(help_at=5)] * b,
        *[one(buy_at=9)] * c,
        *[one()] * d,
    ]


def test_the_odds_ratio_is_that_of_the_two_by_two_table():
    (found,) = look(table(30, 10, 20, 60))
    assert (found.kind, found.name, found.value) == ("event", "help", None)
    assert (found.with_converted, found.with_total) == (30, 40)
    assert (found.without_converted, found.without_total) == (20, 80)
    # By hand, half a case added to each cell: 30.5 x 60.5 / (10.5 x 20.5).
    assert found.odds_ratio == pytest.approx(8.572590, abs=1e-6)
    error = sqrt(1 / 30.5 + 1 / 10.5 + 1 / 20.5 + 1 / 60.5)
    # One thing looked at: an ordinary Wald interval at 0.95.
    assert found.lower == pytest.approx(exp(log(8.572590) - 1.959964 * error), rel=1e-5)
    assert found.upper == pytest.approx(exp(log(8.572590) + 1.959964 * error), rel=1e-5)
    assert found.p_value == pytest.approx(1e-6, abs=2e-6)


def test_an_event_that_hinders_has_a_ratio_below_one():
    (found,) = look(table(5, 35, 40, 40))
    assert found.upper < 1
    assert found.p_value < 0.001


def test_an_empty_cell_gives_a_finite_ratio():
    (found,) = look(table(20, 0, 20, 20))
    assert 0 < found.lower < found.odds_ratio < found.upper < float("inf")


def test_the_steps_own_events_are_left_out():
    assert [found.name for found in look(table(30, 10, 20, 60))] == ["help"]
    # A step of any event leaves no other events to look at.
    assert look(table(30, 10, 20, 60), steps=("view", "*")) == ()


def test_an_event_counts_between_entry_and_conversion_only():
    before = [[(0, "help", {}), (5, "view", {}), (9, "buy", {})]] * 20
    after = [one(buy_at=9, help_at=10)] * 20
    late = [one(help_at=3601)] * 20
    assert look([*before, *after, *late, *[one()] * 20]) == ()
    (found,) = look([*before, *after, *late, *[one(help_at=3600)] * 20])
    assert (found.with_converted, found.with_total) == (0, 20)


def test_what_few_paths_have_or_lack_says_nothing_yet():
    assert look(table(9, 0, 40, 40)) == ()
    assert look(table(40, 40, 5, 4)) == ()
    assert len(look(table(10, 0, 40, 40))) == 1


def test_a_value_counts_if_the_entry_had_it():
    paths = [*[one(buy_at=9, source="ad")] * 30, *[one(source="ad")] * 10]
    paths += [*[one(buy_at=9, source="mail")] * 10, *[one(source="mail")] * 30]
    ad, mail = sorted(look(paths), key=lambda found: found.value)
    assert (ad.kind, ad.name, ad.value) == ("property", "source", "ad")
    assert (ad.with_converted, ad.with_total, ad.without_converted) == (30, 40, 10)
    assert ad.odds_ratio == pytest.approx(1 / mail.odds_ratio)


def test_a_property_with_many_values_is_no_grouping():
    assert look([one(buy_at=9, id=f"v{i}") for i in range(60)]) == ()


def test_a_planted_effect_is_found_among_noise_and_comes_first():
    random = np.random.default_rng(7)
    paths = []
    for _ in range(2000):
        helped = random.random() < 0.3
        converts = random.random() < (0.6 if helped else 0.2)
        story = one(help_at=5 if helped else None, buy_at=600 if converts else None)
        story += [(1 + i, f"noise {i}", {}) for i in range(20) if random.random() < 0.4]
        paths.append(story)
    found = look(paths)
    assert found[0].name == "help"
    # True odds ratio: (0.6 / 0.4) / (0.2 / 0.8) = 6.
    assert found[0].lower < 6 < found[0].upper
    assert found[0].p_value < 1e-6
    assert all(other.p_value > 0.05 for other in found[1:])


def test_pure_noise_is_not_taken_for_an_effect():
    """With 5 % over all looked at together, two seeds in forty may cross it by chance."""
    crossed = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        paths = []
        for _ in range(200):
            story = one(buy_at=600 if random.random() < 0.3 else None)
            story += [(1 + i, f"noise {i}", {}) for i in range(20) if random.random() < 0.4]
            paths.append(story)
        crossed += any(found.p_value < 0.05 for found in look(paths))
    assert crossed <= 6


def test_corrected_p_values_never_fall_and_widen_with_the_number_looked_at():
    random = np.random.default_rng(3)
    paths = []
    for _ in range(400):
        story = one(buy_at=600 if random.random() < 0.3 else None)
        story += [(1 + i, f"e{i:02}", {}) for i in range(15) if random.random() < 0.5]
        paths.append(story)
    found = look(paths)
    values = [item.p_value for item in found]
    assert len(found) == 15
    assert values == sorted(values)
    assert values[-1] <= 1
    # Holm: the smallest of 15 is multiplied by 15, and never by less.
    alone = look([[event for event in story if event[1] in {"view", "buy", found[0].name}]
                  for story in paths])  # fmt: skip
    assert values[0] == pytest.approx(min(1, 15 * alone[0].p_value))
    assert found[0].lower < alone[0].lower < alone[0].upper < found[0].upper


def test_nobody_entered_nothing_found():
    assert look([]) == ()
    assert look([[(0, "other", {})]]) == ()

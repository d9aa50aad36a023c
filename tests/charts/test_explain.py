import pytest

from charts.chart_reports import crm_report
from suppilo.analytics.funnel.definition import FunnelDefinition
from suppilo.analytics.periods import parse_moment
from suppilo.charts.explain import explain_definition, explain_report, explain_steps


def explain(**spec):
    steps = [{"name": "View", "event": "view"}, {"name": "Pay", "event": "pay"}]
    return " ".join(explain_definition(FunnelDefinition.from_dict({"steps": steps} | spec)))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"window": "14d"}, "in this order, each within 14 d of the first;"),
        ({}, "in this order, however long it took;"),
        ({}, "events at the same moment may stand in either order."),
        ({"ties": "given"}, "events at the same moment stand in the order of the rows."),
        ({"order": "strict"}, "in this order with nothing else in between,"),
        ({"order": "any", "window": "1h"}, "k different steps, in any order, all within 1 h."),
        ({"order": "any"}, "k different steps, in any order, however long it took."),
        ({"entry": "first"}, "The way begins at the path's first “View”."),
        ({}, "Where a path has several tries, the one that got furthest counts."),
        ({"count": "attempts"}, "Each attempt counts at a step"),
        ({"count": "attempts"}, "the next attempt begins at the first “View” after"),
        ({"hold": ["a", "b", "c"]}, "All events of a try have the same “a”, “b” and “c”."),
        ({"from": "2026-01-01", "to": "2026-02-01"}, "from 2026-01-01 to before 2026-02-01 (UTC)"),
        ({"from": "2026-01-01"}, "Entered from 2026-01-01 (UTC) on."),
        ({"to": "2026-01-01"}, "Entered before 2026-01-01 (UTC); converting may come later."),
        ({"as_of": "2026-01-01"}, "As of 2026-01-01 00:00 UTC: whoever still has time is open"),
        ({"by": "plan"}, "Split by “plan”: the value at the path's first event that has one."),
        (
            {"by": "plan", "by_value": "last"},
            "the value at the path's last event that has one by then.",
        ),
        ({"by": "plan", "by_value": "step:2"}, "as it was at step 2."),
        ({"by": "plan", "by_value": "all"}, "each value's events run through the funnel on their"),
    ],
)
def test_each_option_is_said(spec, said):
    assert said in explain(**spec)


def test_optional_steps_and_their_windows_are_said():
    steps = [
        {"event": "view"},
        {"event": "cart", "optional": True},
        {"event": "pay", "within": "90m"},
    ]
    said = explain(steps=steps)
    assert "“cart” may be left out." in said
    assert "“pay” must come within 1 h 30 min of the required step before." in said


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        ("remove", "a path leaves the whole funnel, unless a try without it got as far."),
        ("stop", "a path counts no further than its best try without it."),
    ],
)
def test_exclusions_are_said_with_their_effect(effect, said):
    exclude = [{"event": ["refund", "void"], "where": "x > 5", "after": 1, "before": 2}]
    text = explain(exclude=exclude, on_exclusion=effect)
    assert "With “refund” or “void” where x > 5 between “View” and “Pay” " + said in text


def test_steps_say_which_events_they_take():
    steps = [
        "view",
        {"name": "Paid", "event": ["pay", "order"], "where": "amount > 10", "first_ever": True},
        {"event": None, "optional": True},
    ]
    definition = FunnelDefinition.from_dict({"steps": steps})
    assert explain_steps(definition) == (
        "“view”",
        "Paid: “pay” or “order” where amount > 10, if it is the path's first ever",
        "any event: any event (optional)",
    )


def test_moment_of_observation_is_the_one_that_was_used():
    definition = FunnelDefinition.from_dict({"steps": ["a", "b"], "timezone": "Europe/Riga"})
    used = parse_moment("2026-03-01T12:00", "Europe/Riga")
    assert "As of 2026-03-01 12:00 Europe/Riga:" in " ".join(explain_definition(definition, used))


def test_report_says_how_wide_its_ranges_are():
    assert explain_report(crm_report())[-1] == "Ranges are 95 % Wilson intervals."

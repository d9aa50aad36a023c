import pytest

from charts.chart_reports import crm_report, empty_report, make_report, shop_report
from suppilo.charts.figures import (
    find_leak,
    last_step,
    leak_flag,
    leak_sentence,
    leak_title,
    reconcile,
)


def test_biggest_loss_is_where_most_paths_are_lost_for_good():
    leak = find_leak(make_report(("View", "Cart", "Pay"), (8000, 842, 10)))
    assert (leak.after, leak.before, leak.lost) == (0, 1, 7158)
    assert leak_title(leak) == "Biggest loss: View → Cart"
    assert leak_sentence(leak) == "7,158 of 8,000 (89.5 %) went no further."
    assert leak.rate == pytest.approx(0.89475)
    assert leak.lower < leak.rate < leak.upper


def test_open_paths_are_told_apart_from_lost_ones():
    leak = find_leak(make_report(("View", "Cart"), (8000, 842), open_counts=(120, 0)))
    assert leak_sentence(leak) == "7,038 of 8,000 (88.0 %) went no further; 120 more still may."


def test_open_paths_do_not_make_a_loss_bigger():
    report = make_report(("View", "Cart", "Pay"), (1000, 500, 100), open_counts=(450, 0, 0))
    assert find_leak(report).after == 1


def test_optional_step_is_never_where_paths_are_lost():
    report = make_report(("View", "Coupon", "Pay"), (1000, 3, 400), optional=(1,))
    leak = find_leak(report)
    assert (leak.after, leak.before, leak.lost) == (0, 2, 600)
    assert leak_title(leak) == "Biggest loss: View → Pay"


def test_optional_last_step_is_not_the_end():
    report = make_report(("View", "Pay", "Review"), (1000, 400, 10), optional=(2,))
    assert last_step(report.steps).name == "Pay"
    assert find_leak(report).before == 1


def test_first_of_equal_losses_is_named():
    assert find_leak(make_report(("A", "B", "C"), (900, 600, 300))).after == 0


def test_without_any_loss_the_open_ones_are_named():
    leak = find_leak(make_report(("A", "B"), (900, 600), open_counts=(300, 0)))
    assert leak_title(leak) == "Most open: A → B"
    assert leak_flag(leak) == "most open"
    assert leak_sentence(leak) == "300 of 900 (33.3 %) have not gone on yet, and still may."


@pytest.mark.parametrize(
    "report",
    [empty_report(), make_report(("A",), (900,)), make_report(("A", "B"), (900, 900))],
    ids=["nobody", "one step", "all converted"],
)
def test_no_loss_where_nothing_is_lost(report):
    assert find_leak(report) is None


def test_breakdown_adds_up_in_words():
    assert reconcile(shop_report()) == (
        "Entered: 90,400 = 85,389 under the values − 1,203 counted twice + 6,221 without a value "
        "− 7 that an exclusion took from the whole only"
    )
    assert 85_389 - 1_203 + 6_221 - 7 == 90_400
    assert reconcile(make_report(("A", "B"), (2, 1))) == ""
    assert "beyond" not in reconcile(crm_report())

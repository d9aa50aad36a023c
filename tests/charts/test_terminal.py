import pytest
from rich.cells import cell_len

from charts.chart_reports import (
    HOSTILE_NAMES,
    crm_report,
    empty_report,
    hostile_report,
    long_report,
    make_report,
    shop_report,
)
from suppilo.charts import words
from suppilo.charts.terminal import render_terminal

REPORTS = [crm_report, shop_report, empty_report, hostile_report, long_report]

CRM = """\
lead → won · no time limit
10.5 % (9.9–11.2 %)  1 : 9.5  842 of 8,000 that entered, 8,000 looked at
▲ Biggest loss: lead → won  7,158 of 8,000 (89.5 %) went no further.

  Step                                 Paths   Of first Of previous Median Open
1 lead ███████████████████████████████ 8,000      100 %
2 won  ███▎                              842     10.5 %      10.5 % 14.7 d
       ▲ biggest loss                        9.9–11.2 %  9.9–11.2 %

By origin
Value          1 lead 2 won            Of first
organic_search  2,296   271 11.8 %  10.5–13.2 %
"""


def test_funnel_in_eighty_columns_looks_like_this():
    assert render_terminal(crm_report(), 80).startswith(CRM)


@pytest.mark.parametrize("make", REPORTS)
@pytest.mark.parametrize("width", [80, 97, 140, 400])
def test_no_line_is_wider_than_the_terminal(make, width):
    lines = render_terminal(make(), width).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not any(line.endswith(" ") for line in lines)


def test_text_stays_readable_on_very_wide_terminals():
    assert max(map(cell_len, render_terminal(shop_report(), 1000).splitlines())) <= 160


@pytest.mark.parametrize("make", REPORTS)
def test_without_colour_there_is_no_escape_code(make):
    assert "\x1b" not in render_terminal(make(), 80, color=False)


def test_colour_changes_nothing_but_colour():
    import re

    plain = render_terminal(shop_report(), 100)
    colored = render_terminal(shop_report(), 100, color=True)
    assert "\x1b[" in colored
    stripped = re.sub(r"\x1b\[[0-9;]*m", "", colored).splitlines()
    assert [line.rstrip() for line in stripped] == plain.splitlines()


@pytest.mark.parametrize("color", [False, True])
def test_names_can_not_send_escape_codes(color):
    text = render_terminal(hostile_report(), 80, color)
    assert "\x1b[31mred" not in text
    assert "\u202e" not in text


def test_every_figure_is_whole_however_large():
    counts = (9_876_543_210, 8_765_432_109, 7_654_321_098)
    report = make_report(
        ("A rather long name of a step", "Another name that is long", "And one more of them"),
        counts,
        open_counts=(111_222_333, 99_888_777, 0),
        seconds=(12_345.0, 45_678.0),
    )
    text = render_terminal(report, 80)
    for figure in (*counts, 111_222_333, 99_888_777):
        assert words.number(figure) in text


def test_names_that_were_cut_stand_in_full_below():
    flat = " ".join(render_terminal(hostile_report(), 80).split())
    for name in HOSTILE_NAMES:
        if name != HOSTILE_NAMES[4]:
            assert " ".join(words.clean(name).split()) in flat


def test_terminal_shows_everything_the_report_has():
    text = render_terminal(shop_report(), 80)
    for part in (
        "optional", "▲ biggest loss", "1,210", "3 h 20 min", "13.0–13.7 %", "By utm_source",
        "(empty)", "Entered: 90,400 = 85,389", "Week from", "2026-02-23", "5,210",
        "device = mobile", "0.141–0.266", "131 rows could not be used", "no path",
        "What was counted", "37 left by an exclusion", "1,611 still open",
    ):  # fmt: skip
        assert part in " ".join(text.split()), part


def find_row(report, start):
    lines = render_terminal(report, 80).splitlines()
    return next(line for line in lines if line.startswith(start))


def test_open_paths_have_their_own_shade():
    report = make_report(("A", "B"), (100, 50), open_counts=(30, 0))
    bar = find_row(report, "1 A")
    solid, shaded = bar.count("█"), bar.count("░")
    assert shaded / (solid + shaded) == pytest.approx(0.3, abs=0.05)


def test_place_with_most_open_paths_is_not_called_a_loss():
    text = render_terminal(make_report(("A", "B"), (100, 50), open_counts=(50, 0)), 80)
    assert "▲ most open" in text
    assert "loss" not in text


def test_one_path_among_millions_is_still_seen():
    row = find_row(make_report(("A", "B"), (5_000_000, 1)), "2 B")
    assert "▏" in row


def test_values_left_out_are_counted():
    text = render_terminal(
        make_report(("A", "B"), (9, 1), {"by": "x"}, breakdown=_many_values(40)), 80
    )
    assert "and 15 more rows; JSON, CSV and XLSX have all" in text


def _many_values(n):
    from charts.chart_reports import make_steps
    from suppilo.analytics.funnel.report import Breakdown, BreakdownValue

    values = (BreakdownValue(f"v{i}", make_steps(("A", "B"), (1, 0))) for i in range(n))
    return Breakdown("x", tuple(values), 0, 0)


def test_nobody_entered_is_said_plainly():
    assert "None of 0 paths did the first step." in render_terminal(empty_report(), 80)

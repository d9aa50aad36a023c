"""``suppilo cohorts``: what it prints, and how it refuses."""

import json

import pytest

from cli.cli_calls import call, refusal

ORDERS = """\
customer,date,total
ann,2026-01-05,10
ann,2026-02-10,20
ann,2026-03-01,5
bob,2026-01-31,30
bob,2026-03-15,free
cid,2026-02-02,7
dot,2026-02-20,8
dot,2026-02-25,2
"""
READ = (
    "--path", "customer", "--at", "date", "--event-name", "order", "--timezone", "Europe/Riga",
    "--start", "order", "--back", "order",
)  # fmt: skip


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.csv"
    file.write_text(ORDERS)
    return file


def test_table_is_the_worked_example_of_the_documentation(capsys, orders):
    answer = call(capsys, "cohorts", orders, *READ, "--periods", 3)
    assert answer.code == 0, answer.err
    assert answer.out.splitlines() == [
        "4 people in 2 cohorts by month",
        "",
        "Entered       People       0       1       2       3",
        "2026-01-01         2    0.0%   50.0% 100.0%*",
        "2026-02-01         2   50.0%   0.0%*",
        "Average                25.0%   50.0%",
        "* not over for the whole cohort; not in the average",
    ]


def test_money_grows_from_the_first_purchase_on(capsys, orders):
    answer = call(
        capsys, "cohorts", orders, *READ, "--periods", 2, "--amount", "total",
        "--show", "cumulative",
    )  # fmt: skip
    assert "without an amount, counted with 0: 1 event\n" in answer.out
    assert "2026-01-01         2  20.00  30.00 32.50*\n" in answer.out


def test_ranges_of_days_can_be_asked_for_in_json(capsys, orders):
    answer = call(
        capsys, "cohorts", orders, *READ, "--brackets", "1-7, 30-40", "--as-of", "2026-06-01",
        "--json",
    )  # fmt: skip
    found = json.loads(answer.out)
    assert found["columns"] == [{"first": 1, "last": 7}, {"first": 30, "last": 40}]
    assert [[cell["returned"] for cell in one["cells"]] for one in found["cohorts"]] == [
        [0, 1], [1, 0]
    ]  # fmt: skip
    assert all(cell["is_complete"] for one in found["cohorts"] for cell in one["cells"])
    assert found["question"]["kind"] == "bracket"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--brackets", "7-1"), "7-1 is no range of days"),
        (("--brackets", "soon"), "'soon' is no range of days"),
        (("--show", "revenue"), "--show revenue needs --amount"),
        (("--back", "nothing"), "there is no event 'nothing'"),
        (("--amount", "price"), "has a property 'price'"),
        (("--periods", "0"), "ask for 1 to 120 periods"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(capsys, orders, options, message):
    assert message in refusal(capsys, "cohorts", orders, *READ, *options)


def test_amounts_in_several_currencies_are_refused_until_one_is_named(capsys, tmp_path):
    file = tmp_path / "two.csv"
    file.write_text("customer,date,total,currency\nann,2026-01-05,10,EUR\nann,2026-02-10,20,USD\n")
    asked = ("cohorts", file, *READ, "--amount", "total", "--show", "revenue")
    said = refusal(capsys, *asked)
    assert "never added up: choose one of EUR, USD" in said
    assert "20.00" in call(capsys, *asked, "--currency", "USD").out

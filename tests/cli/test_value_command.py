"""``suppilo value``: what it prints and writes, and how it refuses."""

import csv
import json

import numpy as np
import pytest

from cli.cli_calls import call, refusal


@pytest.fixture
def orders(tmp_path):
    """A year of orders of 300 customers; one has a formula for a name, one order no amount."""
    random = np.random.default_rng(5)
    file = tmp_path / "orders.csv"
    with file.open("w", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(["customer", "date", "total"])
        for number in range(300):
            name = "=1+1" if number == 0 else f"c{number}"
            day, rate, leaves = random.integers(0, 60), random.gamma(1, 0.05), random.beta(1, 3)
            while day < 365:
                date = np.datetime64("2025-01-01") + int(day)
                writer.writerow([name, date, round(random.gamma(5, 4), 2)])
                day += 1 + random.exponential(1 / rate)
                if random.random() < leaves:
                    break
        writer.writerow(["c1", "2025-12-30", "free"])
    return file


READ = ("--path", "customer", "--at", "date", "--event-name", "order", "--timezone", "UTC")


def test_report_says_who_still_buys_and_checks_itself(capsys, orders):
    answer = call(capsys, "value", orders, *READ, "--purchase", "order", "--amount", "total")
    assert answer.code == 0, answer.err
    assert "300 customers" in answer.out
    assert "champions" in answer.out
    assert "Checked on the second half" in answer.out
    assert "without an amount, counted with 0: 1 purchase\n" in answer.out


def test_json_adds_up(capsys, orders):
    answer = call(
        capsys, "value", orders, *READ, "--purchase", "order", "--amount", "total", "--json"
    )
    found = json.loads(answer.out)
    assert sum(one["customers"] for one in found["segments"]) == found["customers"] == 300
    assert sum(one["worth"] for one in found["segments"]) == pytest.approx(found["worth"])
    assert found["purchases"] == found["customers"] + sum(
        int(row["repeat_purchases"]) for row in customers(capsys, orders)
    )


def customers(capsys, orders):
    file = orders.parent / "customers.csv"
    call(capsys, "value", orders, *READ, "--purchase", "order", "--customers", file)
    with file.open(newline="") as read:
        return list(csv.DictReader(read))


def test_each_customer_is_written_and_no_name_is_a_formula(capsys, orders):
    rows = customers(capsys, orders)
    assert len(rows) == 300
    assert {row["customer"] for row in rows} >= {"'=1+1", "c1", "c299"}
    assert all(0 <= float(row["probability_alive"]) <= 1 for row in rows)


def test_event_that_is_not_there_is_named(capsys, orders):
    assert "no event 'sale'; there are order" in refusal(
        capsys, "value", orders, *READ, "--purchase", "sale"
    )


def test_property_that_is_not_there_is_named(capsys, orders):
    said = refusal(capsys, "value", orders, *READ, "--purchase", "order", "--amount", "sum")
    assert "'sum'" in said


def test_too_few_customers_are_refused_with_advice(capsys, tmp_path):
    file = tmp_path / "few.csv"
    file.write_text("customer,date\na,2025-01-01\na,2025-02-01\nb,2025-01-05\n")
    said = refusal(capsys, "value", file, *READ, "--purchase", "order")
    assert "longer period or more customers" in said


def test_customers_may_buy_at_regular_occasions(capsys, orders):
    asked = ("value", orders, *READ, "--purchase", "order", "--occasions", "month")
    answer = call(capsys, *asked)
    assert answer.code == 0, answer.err
    assert "the next 12 months" in answer.out
    assert "Checked on the second half" in answer.out
    said = refusal(capsys, *asked[:-1], "year")
    assert "a shorter unit" in said

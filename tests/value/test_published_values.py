"""The models of repeat purchases give the figures that their authors published."""

from pathlib import Path

import numpy as np
import pytest

from suppilo.analytics.value import (
    CustomerSummary,
    fit_bgbb,
    fit_bgnbd,
    fit_gamma_gamma,
    fit_retention,
    summarise_purchases,
)

CDNOW = Path(__file__).parents[3] / "shared" / "data" / "cdnow"
needs_cdnow = pytest.mark.skipif(not CDNOW.exists(), reason=f"the CDNOW data are not in {CDNOW}")


@pytest.fixture(scope="module")
def summary():
    x, recency, age = np.loadtxt(
        CDNOW / "cdnow_customers_summary.csv", delimiter=",", skiprows=1, usecols=(1, 2, 3)
    ).T
    none = np.zeros_like(x)
    return CustomerSummary(np.arange(len(x)), x, recency, age, none, none)


@pytest.fixture(scope="module")
def purchases():
    rows = np.loadtxt(CDNOW / "CDNOW_sample.txt")
    days = [f"{day:.0f}" for day in rows[:, 2]]
    dates = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in days], "datetime64[us]")
    return rows[:, 1].astype(np.int64), dates.astype(np.int64), rows[:, 4]


@needs_cdnow
def test_bgnbd_of_cdnow_is_as_published(summary):
    # Fader, Hardie, Lee (2005), Marketing Science 24(2), table 2.
    model = fit_bgnbd(summary)
    found = (model.r, model.alpha, model.a, model.b)
    assert np.round(found, 3).tolist() == [0.243, 4.414, 0.793, 2.426]
    assert round(model.log_likelihood, 1) == -9582.4


@needs_cdnow
def test_conditional_expectation_is_that_of_the_note(summary):
    # Fader, Hardie, Lee (2005), "Implementing the BG/NBD model in Microsoft Excel": 1.226.
    model = fit_bgnbd(summary)
    found = model.expected_from(39, np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert round(float(found[0]), 3) == 1.226


@needs_cdnow
def test_gamma_gamma_of_cdnow_is_as_published(purchases):
    # Fader, Hardie, Lee (2005), "RFM and CLV", Journal of Marketing Research 42: 946 customers.
    end_us = int(np.datetime64("1997-09-30", "us").astype(np.int64))
    summary = summarise_purchases(*purchases, end_us)
    assert np.count_nonzero(summary.frequency) == 946
    model = fit_gamma_gamma(summary)
    assert np.round([model.p, model.q], 2).tolist() == [6.25, 3.74]
    assert model.v == pytest.approx(15.45, abs=0.01)


@needs_cdnow
def test_summary_of_the_raw_purchases_gives_the_published_one(purchases, summary):
    end_us = int(np.datetime64("1997-09-30", "us").astype(np.int64))
    found = summarise_purchases(*purchases, end_us)
    assert found.frequency.tolist() == summary.frequency.tolist()
    assert np.abs(found.recency / 7 - summary.recency).max() < 0.01


@needs_cdnow
def test_model_of_the_first_half_foretells_the_second(purchases):
    # Their figure 3: all repeat purchases up to week 78 come out a few per cent too low.
    middle = int(np.datetime64("1997-09-30", "us").astype(np.int64))
    end = int(np.datetime64("1998-06-30", "us").astype(np.int64))
    summary = summarise_purchases(*purchases, middle)
    columns = (summary.frequency, summary.recency, summary.age)
    expected = float(fit_bgnbd(summary).expected_from(273, *columns).sum())
    made = summarise_purchases(*purchases, end).frequency.sum()
    assert summary.frequency.sum() + expected == pytest.approx(made, rel=0.06)


# Fader, Hardie (2007), tables 1 and 2: survivors of 1,000 in per mille.
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]


@pytest.mark.parametrize(
    ("there", "alpha", "beta"), [(HIGH_END, 0.668, 3.806), (REGULAR, 0.704, 1.182)]
)
def test_retention_is_as_published(there, alpha, beta):
    model = fit_retention(np.array(there))
    assert (round(model.alpha, 3), round(model.beta, 3)) == (alpha, beta)


def test_retention_foretells_years_that_it_has_not_seen():
    # Their table 3: after 12 years 38.7 % of the high-end and 18.2 % of the others were left.
    assert fit_retention(np.array(HIGH_END)).survival(12)[12] == pytest.approx(0.387, abs=0.02)
    assert fit_retention(np.array(REGULAR)).survival(12)[12] == pytest.approx(0.182, abs=0.02)


# Fader, Hardie, Shang (2010), table 3: 11,104 donors by number of gifts and year of the last one.
GIFTS = [6, 5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 4, 3, 2, 1, 3, 2, 1, 2, 1, 1, 0]
LAST = [6] * 6 + [5] * 5 + [4] * 4 + [3] * 3 + [2] * 2 + [1, 0]
DONORS = [1203, 728, 512, 357, 234, 129, 335, 284, 225, 173, 119, 240, 181, 155, 78, 322, 255, 129,
          613, 277, 1091, 3464]  # fmt: skip


def test_bgbb_of_the_donors_is_as_published():
    model = fit_bgbb(np.array(GIFTS), np.array(LAST), np.full(22, 6), np.array(DONORS))
    found = (model.alpha, model.beta, model.gamma, model.delta)
    assert found == pytest.approx((1.204, 0.750, 0.657, 2.783), abs=0.0015)
    assert model.log_likelihood == pytest.approx(-33225.6, abs=0.05)


def test_bgbb_expects_the_published_gifts_of_the_best_donors():
    # Their table 7: who gave each year is expected to give 3.75 times in the next five.
    model = fit_bgbb(np.array(GIFTS), np.array(LAST), np.full(22, 6), np.array(DONORS))
    six = np.array([6.0])
    assert model.expected_from(5, six, six, six)[0] == pytest.approx(3.75, abs=0.01)
    assert model.probability_alive(six, six, six)[0] == pytest.approx(0.92, abs=0.02)

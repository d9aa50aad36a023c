"""Learned scores in worlds whose truth is known, and refusals where there is too little."""

import json
from dataclasses import replace

import numpy as np
import pytest

from scores_support.histories import START_US, at_day, source_of
from scores_support.score_world import END_US, MONTH, make_world
from suppilo.analytics.funnel.spec import DefinitionError
from suppilo.analytics.scores import (
    Eligible,
    Estimate,
    EventCondition,
    LearnedScore,
    ScoreQuestion,
    TooFew,
    learn,
    learned,
    predict,
)
from suppilo.charts.scores import card_sentence
from suppilo.charts.words import rate

QUESTION = ScoreQuestion(EventCondition("won"), horizon_days=MONTH)


def learn_from(told, question=QUESTION):
    return learn(told.source, question, END_US, np.random.default_rng(0))


@pytest.fixture(scope="module")
def straight():
    """Log-odds that are a straight line of what is seen."""
    told = make_world(
        1_500, np.random.default_rng(1), lambda prices, large: -3.2 + np.minimum(prices, 3) + large
    )
    return told, learn_from(told)


@pytest.fixture(scope="module")
def crossed():
    """Prices are good news of small companies, and bad news of large ones."""
    told = make_world(
        1_200, np.random.default_rng(2),
        lambda prices, large: np.where((prices > 0) == large, -4.0, -0.7),
    )  # fmt: skip
    return told, learn_from(told)


def true_and_told(world):
    told, found = world
    scores = found.score(told.source, END_US)
    assert set(scores.keys.tolist()) <= set(told.truth)
    return np.array([told.truth[key] for key in scores.keys.tolist()]), scores.probability


def test_probabilities_are_recovered_where_the_truth_is_a_line(straight):
    truth, probability = true_and_told(straight)
    assert straight[1].card.kind == "logistic"
    assert np.corrcoef(truth, probability)[0, 1] > 0.93
    assert abs(truth.mean() - probability.mean()) < 0.02
    # Among those told about the same, the truth is on average what they were told.
    for part in np.array_split(np.argsort(probability), 4):
        assert abs(truth[part].mean() - probability[part].mean()) < 0.05


def test_boosting_is_taken_where_a_line_says_nothing(crossed):
    truth, probability = true_and_told(crossed)
    found = crossed[1]
    assert found.card.kind == "boosting"
    assert np.corrcoef(truth, probability)[0, 1] > 0.85
    assert abs(truth.mean() - probability.mean()) < 0.03


def test_where_nothing_predicts_everybody_has_the_base_rate():
    told = make_world(1_000, np.random.default_rng(3), lambda prices, _: np.full(len(prices), -2.0))
    found = learn_from(told)
    card = found.card
    assert (card.kind, card.is_useful, card.auc, card.weights) == ("base", False, None, ())
    assert all(one.gain.lower <= 0 for one in card.candidates)
    probability = found.score(told.source, END_US).probability
    assert probability == pytest.approx(card.learned.rate)
    assert card.learned.rate == pytest.approx(1 / (1 + np.e**2), abs=0.02)
    assert len(card.bands) == 1


def test_the_card_is_about_later_moments_than_those_learned_from(straight):
    card = straight[1].card
    moments = [*card.learned.moments_us, *card.held.moments_us]
    assert moments == [
        END_US - months * 30 * (END_US - START_US) // 210 for months in range(6, 0, -1)
    ]
    assert len(card.held.moments_us) == 2
    assert sum(band.rows for band in card.bands) == card.held.rows
    assert sum(band.outcomes for band in card.bands) == card.held.outcomes
    assert card.bands[-1].captured == 1
    assert card.bands[0].lift > 2
    assert card.auc.lower < card.auc.value < card.auc.upper
    assert card.brier.value < card.brier_base
    inside = [band.interval.lower <= band.predicted <= band.interval.upper for band in card.bands]
    assert sum(inside) >= 8


def test_those_it_was_tested_on_are_those_that_the_bands_count(straight):
    told, found = straight
    card, held = found.card, found.held
    for number, band in enumerate(card.bands):
        inside = held.band == number
        assert (inside.sum(), held.outcome[inside].sum()) == (band.rows, band.outcomes)
        assert held.probability[inside].mean() == pytest.approx(band.predicted)
    assert set(held.at_us.tolist()) == set(card.held.moments_us)
    assert len(np.unique(held.keys)) == card.held.units
    # Counted again, event by event: whose goal came within the horizon of the moment.
    keys, won_us = QUESTION.goal.rows(told.source, next(iter(told.source.path_ranges())))
    for place in range(0, len(held.keys), 97):
        after_us = won_us[keys == held.keys[place]] - held.at_us[place]
        assert ((after_us > 0) & (after_us <= QUESTION.horizon_us)).any() == held.outcome[place]


def test_those_it_was_learned_from_are_those_that_the_card_counts(straight):
    told, found = straight
    card, lesson = found.card.learned, found.lesson
    assert (len(lesson.keys), lesson.outcome.sum()) == (card.rows, card.outcomes)
    assert set(lesson.at_us.tolist()) == set(card.moments_us)
    assert len(np.unique(lesson.keys)) == card.units
    keys, won_us = QUESTION.goal.rows(told.source, next(iter(told.source.path_ranges())))
    for place in range(0, len(lesson.keys), 97):
        after_us = won_us[keys == lesson.keys[place]] - lesson.at_us[place]
        assert ((after_us > 0) & (after_us <= QUESTION.horizon_us)).any() == lesson.outcome[place]


def test_what_makes_the_goal_likelier_is_named_as_a_reason(straight):
    told, found = straight
    assert found.card.weights[0].subject == "price"
    assert found.card.weights[0].direction == 1
    scores = found.score(told.source, END_US, with_reasons=True)
    best = int(np.argmax(scores.probability))
    first = scores.reasons(int(scores.keys[best]))[0]
    assert (first.kind, first.subject) == ("event", "price")
    assert first.odds_ratio > 2
    assert first.facts["30d"] >= 3
    assert first.usual["30d"] <= 1


def test_contributions_of_a_line_add_up_to_the_difference_from_the_median(straight):
    told, found = straight
    scores = found.score(told.source, END_US, with_reasons=True)
    odds = np.log(scores.probability / (1 - scores.probability))
    middle = found.model.log_odds(found.median[None])[0]
    assert found.effects(scores.rows).sum(axis=1) == pytest.approx(odds - middle, abs=1e-4)


@pytest.mark.parametrize("which", ["straight", "crossed"])
def test_an_effect_is_what_changes_when_a_subject_becomes_the_medians(which, request):
    told, found = request.getfixturevalue(which)
    scores = found.score(told.source, END_US, with_reasons=True)
    effects = found.effects(scores.rows)
    for number, (first, end) in enumerate(found.groups()):
        rows = scores.rows.copy()
        rows[:, first:end] = found.median[first:end]
        changed = found.model.log_odds(scores.rows) - found.model.log_odds(rows)
        assert effects[:, number] == pytest.approx(changed, abs=1e-5)


@pytest.mark.parametrize("which", ["straight", "crossed"])
def test_a_score_survives_json_and_still_says_the_same(which, request):
    told, found = request.getfixturevalue(which)
    again = LearnedScore.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert again.card == found.card
    assert again.baseline == found.baseline
    one, other = (score.score(told.source, END_US).probability for score in (found, again))
    assert one.tolist() == other.tolist()


def test_what_was_kept_in_another_form_is_refused(straight):
    with pytest.raises(DefinitionError, match="learn it anew"):
        LearnedScore.from_dict({**straight[1].to_dict(), "form": 0})


def test_who_is_asked_for_and_has_done_it_already_has_no_probability(straight):
    told, found = straight
    table = told.source.read("won", (-(2**63), 2**63 - 1))
    done, still = int(table.path[0]), min(told.truth)
    keys = np.array(sorted([done, still]), np.int64)
    scores = found.score(told.source, END_US, keys, with_reasons=True)
    whole = found.score(told.source, END_US)
    by_key = dict(zip(scores.keys.tolist(), scores.probability.tolist(), strict=True))
    assert np.isnan(by_key[done])
    assert by_key[still] == whole.probability[whole.keys == still][0]
    assert scores.reasons(done) == ()


def test_drift_is_told_where_others_come_and_not_where_the_same_do(straight):
    told, found = straight
    steady = {(one.subject, one.detail): one for one in found.drift(told.source, END_US)}
    # Only who was there from the beginning is in this world: it ages, and that is told.
    assert steady["price", "7d"].level == "steady"
    assert steady["time", "since_first"].level == "other"
    strangers = source_of(
        [(f"n{number}", 200 + number % 5, "price", {}) for number in range(400) for _ in range(4)]
    )
    moved = found.drift(strangers, at_day(206))
    assert (moved[0].kind, moved[0].level) == ("probability", "other")
    assert {one.level for one in moved if one.subject == "price"} == {"other"}


def history(people, won, span=160):
    """Return 196 days in which some people visit each week; some win, from day 35 on."""
    rows = [(f"p{number}", week * 7, "visit", {}) for number in range(people) for week in range(29)]
    return rows + [(f"p{number}", 35 + span * number / won, "won", {}) for number in range(won)]


@pytest.mark.parametrize(
    ("question", "rows", "lack"),
    [
        (ScoreQuestion(EventCondition("won"), horizon_days=90), history(20, 9),
         TooFew("moments", "learned", 196, 315, 90)),
        # Moments are days 16, 46 ... 166; the goals until day 136 are learned from.
        (QUESTION, history(100, 40), TooFew("outcomes", "learned", 26, 50, 30)),
        (QUESTION, history(100, 60, span=120), TooFew("outcomes", "held", 9, 20, 30)),
        (ScoreQuestion(EventCondition("visit"), again=True), history(60, 3),
         TooFew("others", "learned", 0, 50, 30)),
    ],
)  # fmt: skip
def test_too_little_is_refused_with_what_it_takes(question, rows, lack):
    assert learn(source_of(rows), question, at_day(196), np.random.default_rng(0)) == lack


def test_a_goal_that_never_happens_is_refused_with_what_there_is():
    with pytest.raises(DefinitionError, match="no event 'buy'; there are visit, won"):
        learn(source_of(history(3, 3)), ScoreQuestion(EventCondition("buy")), at_day(196),
              np.random.default_rng(0))  # fmt: skip


def test_where_there_are_too_many_rows_units_are_drawn_by_their_rows(straight, monkeypatch):
    told, whole = straight
    rows = whole.card.learned.rows + whole.card.held.rows
    monkeypatch.setattr(predict, "MOST_ROWS", rows // 2)
    drawn = learn_from(told).card
    # 1,500 people at six moments would be 9,000 rows; many have won by then, and are none.
    assert drawn.learned.rows + drawn.held.rows == pytest.approx(rows / 2, rel=0.05)
    assert drawn.learned.rate == pytest.approx(whole.card.learned.rate, abs=0.02)
    monkeypatch.setattr(predict, "MOST_ROWS", rows)
    assert learn_from(told).card == whole.card


def test_reasons_are_the_same_however_many_are_reckoned_at_once(straight, monkeypatch):
    told, found = straight
    scores = found.score(told.source, END_US, with_reasons=True)
    keys = scores.keys.tolist()
    said = [scores.reasons(key) for key in keys]
    monkeypatch.setattr(learned, "REASONS_AT_ONCE", 7)
    again = found.score(told.source, END_US, scores.keys[::3], with_reasons=True)
    assert [again.reasons(key) for key in keys[::3]] == said[::3]
    with pytest.raises(ValueError, match="without reasons"):
        found.score(told.source, END_US).reasons(keys[0])


def test_chances_that_were_too_high_on_later_moments_are_told_in_words(straight):
    _, found = straight
    assert not found.card.is_biased
    assert "too high" not in card_sentence(found.card, QUESTION)
    high = replace(found.card, bias=Estimate(0.031, 0.02, 0.042))
    base = found.card.held.rate
    assert card_sentence(high, QUESTION).endswith(
        f"too high on the whole: {rate(base + 0.031)} on average, where {rate(base)} came. "
        "The order holds; take the figures for less."
    )
    low = replace(found.card, bias=Estimate(-0.031, -0.04, -0.02))
    assert "too low on the whole" in card_sentence(low, QUESTION)


def test_only_who_is_eligible_by_a_moment_is_a_row_of_it(straight):
    told, whole = straight
    first = whole.card.learned.moments_us[0]
    keys = np.unique(told.source.read("visit", (-(2**63), 2**63 - 1)).path)
    since = np.where(np.arange(len(keys)) % 2, first, first + 1)
    random = np.random.default_rng(0)
    later = learn(told.source, QUESTION, END_US, random, Eligible(keys, since)).card
    asked = whole.card.learned.rows + whole.card.held.rows
    # Half of them are no rows of the first moment, at which all 1,500 are.
    at_first = learn(told.source, QUESTION, END_US, random, Eligible(keys, since * 0)).card
    assert at_first.learned.rows + at_first.held.rows == asked
    assert asked - later.learned.rows - later.held.rows == pytest.approx(750, abs=60)
    half = learn(told.source, QUESTION, END_US, random, Eligible(keys[::2], since[::2])).card
    assert half.learned.units <= 750

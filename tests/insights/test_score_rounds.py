"""Scoring everybody: who is hot and why, what is written, and what the worker does when."""

import json
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Count, Q

from insights_support.scored_company import (
    ANNA,
    BEN,
    CARL,
    NOW,
    RULES,
    record_seen,
    write_company,
    write_events,
    write_seasons,
)
from suppilo.apps.accounts.models import AuditEntry
from suppilo.apps.events.selectors import open_events
from suppilo.apps.jobs.models import Job
from suppilo.apps.people.models import Identifier, Person
from suppilo.apps.scores.lessons import look_again
from suppilo.apps.scores.models import HeldCase, LearnedModel, Score, ScoreRound, ScoreSheet
from suppilo.apps.scores.selectors import count_by_points, current_sheet
from suppilo.apps.scores.services import (
    NewSheet,
    check_rules,
    learn_now,
    save_sheet,
)
from suppilo.apps.scores.suggesting import guess_sheet
from suppilo.apps.scores.worker import GUESS_RESTS, LEARN_EVERY, ScoreWorker, run_round
from suppilo.lake import Lake
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    lake = Lake.create(settings.SUPPILO.lake)
    write_company(lake)
    return SimpleNamespace(lake=lake)


@pytest.fixture
def sheet(company):
    return ScoreSheet.objects.create(rules=RULES)


def score(name: str) -> Score:
    return Score.objects.get(pk=Identifier.objects.get(value=name).person_id)


def test_known_people_are_scored_by_what_they_do_and_are(sheet):
    made = run_round(NOW)
    assert (made.hot, made.warm, made.cold, made.changed) == (1, 0, 2, 3)
    anna, ben, carl = map(score, (ANNA, BEN, CARL))
    # 40 for the form and 10 for the prices, of 50; the only fit rule is met.
    assert (anna.engagement, anna.fit, anna.points, anna.temperature) == (50, 20, 100, "hot")
    # 20 for two looks at the prices, halved in ten days; but Ben does not decide.
    assert (ben.engagement, ben.fit, ben.points, ben.temperature) == (10, 0, 0, "cold")
    assert (carl.engagement, carl.fit, carl.points) == (0, 20, 0)


def test_reasons_say_which_rule_gave_what_how_often_and_when_last(sheet):
    run_round(NOW)
    form, fit, prices = score(ANNA).reasons
    assert (form["name"], form["points"], form["count"]) == ("Asked for a call", 40, 1)
    assert (prices["name"], prices["points"], prices["kind"]) == (
        "Looked at prices", 10, "engagement",
    )  # fmt: skip
    assert (fit["name"], fit["kind"], fit["last_us"]) == ("Decides", "fit", None)
    assert score(BEN).reasons[0]["count"] == 2
    assert score(CARL).chance_reasons == []


def test_visitors_without_a_name_are_not_scored(sheet):
    run_round(NOW)
    visitor = Identifier.objects.get(value="visitor").person_id
    assert not Score.objects.filter(pk=visitor).exists()


def test_a_round_in_which_nothing_happened_is_left_out_until_points_have_faded(sheet):
    run_round(NOW)
    assert run_round(NOW + timedelta(minutes=50)) is None
    again = run_round(NOW + timedelta(hours=1))
    # A fortieth of a day's fading is less than half a point: nobody is written again.
    assert again.changed == 0
    assert score(ANNA).at == NOW


def test_what_fades_by_half_a_point_is_written_and_only_that(sheet):
    run_round(NOW)
    later = NOW + timedelta(days=1)
    assert run_round(later).changed == 1
    assert score(ANNA).points == pytest.approx(100 * 2**-0.1, abs=0.01)
    assert (score(ANNA).at, score(CARL).at) == (later, NOW)


def test_a_new_event_warms_somebody_up_at_the_next_round(sheet, company):
    run_round(NOW)
    write_events(company.lake, [(CARL, 0, "Lead Submitted", None)], "later")
    made = run_round(NOW + timedelta(minutes=3))
    assert (made.hot, made.changed) == (2, 1)
    assert score(CARL).temperature == "hot"


def test_other_rules_score_everybody_anew_at_once(sheet):
    run_round(NOW)
    ScoreSheet.objects.create(rules=RULES | {"hot": 100, "warm": 99.5})
    made = run_round(NOW + timedelta(minutes=3))
    assert (made.hot, made.warm, made.cold) == (0, 1, 2)


def test_the_score_of_somebody_who_is_gone_is_removed(sheet):
    run_round(NOW)
    ben = score(BEN).person
    Person.objects.filter(pk=ben).update(is_visible=False)
    assert run_round(NOW + timedelta(hours=2)).scored == 2
    assert not Score.objects.filter(pk=ben).exists()


def test_without_a_sheet_one_is_guessed_from_the_data(company):
    made = run_round(NOW)
    sheet = ScoreSheet.objects.get()
    assert sheet.is_guess
    names = [rule["name"] for rule in sheet.rules["rules"]]
    assert names == ["Email is known", "Decides or buys", "Lead submitted", "Page",
                     "Looked at prices"]  # fmt: skip
    assert (made.hot, score(ANNA).temperature) == (1, "hot")
    assert AuditEntry.objects.filter(verb="save_score_sheet").count() == 1


def test_a_guess_is_made_anew_as_events_come_until_somebody_saves_a_sheet(company):
    run_round(NOW)
    write_events(company.lake, [(BEN, 0, "Demo Booked", None)], "demos")
    run_round(NOW + timedelta(minutes=5))
    assert ScoreSheet.objects.count() == 1
    later = NOW + timedelta(hours=2)
    run_round(later)
    newest = ScoreSheet.objects.first()
    assert "Demo booked" in [rule["name"] for rule in newest.rules["rules"]]
    save_sheet(make_user("marketer"), NewSheet(RULES))
    write_events(company.lake, [(BEN, 0, "Signed Up", None)], "sign-ups")
    run_round(later + timedelta(hours=2))
    assert ScoreSheet.objects.count() == 3


def test_without_events_that_are_worth_points_nothing_is_guessed(settings, tmp_path):
    settings.SUPPILO = replace(settings.SUPPILO, home=tmp_path)
    assert run_round(NOW) is None
    write_events(Lake.create(settings.SUPPILO.lake), [(ANNA, 1, "heartbeat", None)], "dull")
    assert run_round(NOW) is None
    assert not ScoreSheet.objects.exists()


def test_a_guess_takes_a_purchase_for_the_goal_and_asks_again_where_people_buy_again(company):
    rows = [(ANNA, 3, "Order Completed", None), (ANNA, 2, "Order Completed", None)]
    write_events(company.lake, rows, "orders")
    guessed = guess_sheet(open_events(), NOW)
    assert (guessed.goal, guessed.again) == ("Order Completed", True)


def test_a_goal_is_learnt_once_a_day_and_that_of_a_guess_only_after_a_rest(company):
    write_events(company.lake, [(ANNA, 3, "Order Completed", None)], "orders")
    run_round(NOW)
    lessons = Job.objects.filter(kind="learn_score")
    sheet = ScoreSheet.objects.get()
    assert (sheet.goal, lessons.count()) == ("Order Completed", 0)
    later = NOW + GUESS_RESTS
    run_round(later)
    run_round(later + timedelta(hours=2))
    assert lessons.count() == 1
    run_round(later + LEARN_EVERY)
    assert lessons.count() == 2


def test_a_clock_that_was_put_back_keeps_neither_rounds_nor_lessons_waiting(company):
    write_events(company.lake, [(ANNA, 3, "Order Completed", None)], "orders")
    before = NOW - timedelta(days=20_000)
    run_round(NOW)
    ScoreSheet.objects.update(lesson_at=NOW)
    assert run_round(before).at == before
    assert ScoreSheet.objects.get().lesson_at == before
    assert run_round(before + timedelta(minutes=3)) is None


def test_the_worker_goes_on_after_rules_that_can_not_be_counted(company, caplog):
    spec = json.loads(json.dumps(RULES))
    spec["rules"][1]["where"] = "nowhere ="
    ScoreSheet.objects.create(rules=spec)
    assert ScoreWorker(lambda: NOW).step() is False
    assert "scoring people failed" in caplog.text
    assert not ScoreRound.objects.exists()


def test_saving_rules_checks_them_names_the_rule_and_scores_everybody(company):
    head = make_user("head_of_sales")
    sheet = save_sheet(head, NewSheet(RULES, "Lead Submitted", 14))
    assert (sheet.made_by, sheet.goal, sheet.horizon_days) == (head, "Lead Submitted", 14)
    assert sorted(Job.objects.values_list("kind", flat=True)) == ["learn_score", "score_people"]
    spec = json.loads(json.dumps(RULES))
    spec["rules"][1]["where"] = "nowhere ="
    with pytest.raises(ValidationError, match="Looked at prices"):
        check_rules(spec)
    with pytest.raises(ValidationError, match="horizon"):
        save_sheet(head, NewSheet(RULES, horizon_days=0))
    with pytest.raises(PermissionDenied):
        save_sheet(make_user("analyst"), NewSheet(RULES))


def test_points_are_counted_into_tens_and_those_without_are_left_out(sheet):
    run_round(NOW)
    counts = count_by_points()
    assert [number for _bounds, number in counts] == [0] * 9 + [1]
    assert counts[0][0] == (1, 10)


def test_a_model_kept_in_another_form_is_no_model(sheet):
    LearnedModel.objects.create(goal="Lead Submitted", horizon_days=30, parameters={"form": 0})
    ScoreSheet.objects.update(goal="Lead Submitted", lesson_at=NOW)
    run_round(NOW)
    assert score(ANNA).probability is None


def test_a_lesson_is_kept_with_its_card_and_gives_everybody_a_chance_with_reasons(company):
    write_seasons(company.lake)
    record_seen((f"p4-{number}@example.com" for number in range(6)), days=200)
    sheet = ScoreSheet.objects.create(rules=RULES, goal="Order Completed", lesson_at=NOW)
    # The others are visitors without a name, whom nobody can call: no one is learnt from yet.
    assert look_again(sheet, NOW).refusal["have"] == 0
    names = (f"p{month}-{number}@example.com" for month in range(5) for number in range(90))
    record_seen(names, days=200)
    model = look_again(sheet, NOW)
    assert not model.is_refused
    assert model.drift[0]["kind"] == "probability"
    counted = [(band["rows"], band["outcomes"]) for band in model.parameters["card"]["bands"]]
    lesson = HeldCase.objects.filter(model=model, band=None)
    learned = model.parameters["card"]["learned"]
    assert lesson.count() == learned["rows"]
    assert lesson.filter(reached=True).count() == learned["outcomes"]
    assert lesson.values("person").distinct().count() == learned["units"]
    kept = HeldCase.objects.filter(model=model, band__gte=0).values_list("band").order_by("band")
    kept = kept.annotate(rows=Count("pk"), outcomes=Count("pk", filter=Q(reached=True)))
    assert [row[1:] for row in kept] == counted
    made = run_round(NOW)
    assert made.model == model
    keen, other = score("p4-0@example.com"), score("p4-1@example.com")
    assert keen.probability > 2 * other.probability
    assert keen.chance_reasons[0]["effect"] > 0
    assert look_again(sheet, NOW + timedelta(days=1)) == model
    anew = look_again(sheet, NOW, is_forced=True)
    assert set(HeldCase.objects.values_list("model", flat=True)) == {anew.pk}


def test_too_few_outcomes_are_refused_with_how_many_it_takes(sheet, company):
    ScoreSheet.objects.update(goal="Lead Submitted")
    model = look_again(ScoreSheet.objects.get(), NOW)
    assert model.is_refused
    assert model.refusal["need"] > model.refusal["have"]
    assert run_round(NOW).model is None


def test_a_guess_that_is_kept_after_somebody_saved_rules_does_not_count(sheet, company):
    ScoreSheet.objects.create(rules=RULES, is_guess=True)
    assert current_sheet() == sheet
    assert run_round(NOW).sheet == sheet


def test_a_goal_that_never_came_is_no_lesson_and_learning_it_is_refused(company):
    head = make_user("head_of_sales")
    with pytest.raises(ValidationError, match="Choose a goal"):
        learn_now(head)
    save_sheet(head, NewSheet(RULES, "Order Compleeted"))
    with pytest.raises(ValidationError, match="Order Compleeted has never come"):
        learn_now(head)
    assert not Job.objects.filter(kind="learn_score").exists()
    with pytest.raises(PermissionDenied):
        learn_now(make_user("viewer"))

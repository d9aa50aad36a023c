"""Calculations beside the requests: shared, bounded, limited in time, and left with their page."""

import gc
import weakref
from threading import Event

import pytest

from suppilo.apps.funnels.running import (
    LEASE_S,
    LIMIT_S,
    MOST_WAITING,
    CalculationEndedError,
    Calculations,
    TooManyCalculationsError,
)


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def running(clock):
    made = Calculations(clock=clock)
    yield made
    made.close()


def test_answer_comes_and_serves_the_same_question_for_a_moment(running, clock):
    asked = []
    first = running.start("q", lambda _: asked.append(1) or 42)
    assert first.wait(10)
    assert first.answer() == 42
    assert running.start("q", lambda _: asked.append(1)) is first
    clock.now += 1.1
    assert running.start("q", lambda _: asked.append(1)).wait(10)
    assert len(asked) == 2


def test_answer_that_nobody_wants_any_more_is_let_go_of_at_once(running):
    """It may hold the events that it was computed from, and garbage is looked for seldom."""

    class Answer:
        pass

    gc.disable()
    try:
        go = Event()
        started = running.start("q", lambda _: go.wait(10) and Answer())
        go.set()
        assert started.wait(10)
        answer = weakref.ref(started.answer())
        del started
        running.close()
        assert answer() is None
    finally:
        gc.enable()


def test_error_of_a_calculation_is_the_askers(running):
    def fail(_watch):
        raise ValueError("no such event")

    started = running.start("q", fail)
    assert started.wait(10)
    with pytest.raises(ValueError, match="no such event"):
        started.answer()


def run_until_told(watch_passed, go):
    def work(watch):
        watch_passed.set()
        go.wait(10)
        watch.check()
        return "done"

    return work


@pytest.mark.parametrize(("seconds", "said"), [(LEASE_S + 1, "nobody waits")])
def test_calculation_that_nobody_waits_for_ends(running, clock, seconds, said):
    begun, go = Event(), Event()
    started = running.start("q", run_until_told(begun, go))
    assert begun.wait(10)
    assert not started.wait(0.01)
    clock.now += seconds
    go.set()
    with pytest.raises(CalculationEndedError, match=said):
        started.future.result(10)


def test_calculation_that_somebody_waits_for_goes_on_however_busy_the_machine(running, clock):
    begun, go = Event(), Event()
    started = running.start("q", run_until_told(begun, go))
    assert begun.wait(10)
    with started.watch.awaited():
        clock.now += LEASE_S + 1
        go.set()
        assert started.future.result(10) == "done"


def test_calculation_that_takes_too_long_says_what_to_do(running, clock):
    begun, go = Event(), Event()
    started = running.start("q", run_until_told(begun, go))
    assert begun.wait(10)
    clock.now += LIMIT_S + 1
    started.watch.renew()
    go.set()
    with pytest.raises(CalculationEndedError, match="fewer"):
        started.future.result(10)


def test_asking_again_keeps_a_calculation_alive(running, clock):
    begun, go = Event(), Event()
    started = running.start("q", run_until_told(begun, go))
    assert begun.wait(10)
    clock.now += LEASE_S - 1
    assert running.start("q", lambda _: None) is started
    clock.now += LEASE_S - 1
    go.set()
    assert started.future.result(10) == "done"


def test_cancelled_calculation_ends(running):
    begun, go = Event(), Event()
    started = running.start("q", run_until_told(begun, go))
    assert begun.wait(10)
    running.cancel("q")
    go.set()
    with pytest.raises(CalculationEndedError):
        started.future.result(10)


def test_too_many_calculations_are_refused_at_once(running):
    go = Event()
    for number in range(MOST_WAITING):
        running.start(number, lambda _: go.wait(10))
    with pytest.raises(TooManyCalculationsError):
        running.start("one more", lambda _: None)
    go.set()


def test_another_state_of_the_events_joins_what_runs_and_gets_its_answer(running, clock):
    asked, go = [], Event()

    def work(_watch):
        asked.append(1)
        go.wait(10)
        return len(asked)

    first = running.start("q", work, version=1)
    assert not first.wait(0)  # the page is told to ask again
    assert running.start("q", work, version=2) is first
    go.set()
    first.future.result(10)
    clock.now += 5.0  # the answer waits for whoever was told to come back
    third = running.start("q", work, version=3)
    assert third is first
    assert third.wait(10)
    assert third.answer() == 1
    # It was given; the next question is about the events of now.
    assert running.start("q", work, version=4).wait(10)
    assert len(asked) == 2


def test_an_answer_that_nobody_was_told_to_wait_for_is_of_its_own_events_alone(running):
    first = running.start("q", lambda _: 1, version=1)
    assert first.wait(10)
    again = running.start("q", lambda _: 2, version=2)
    assert again.wait(10)
    assert (first.answer(), again.answer()) == (1, 2)


def test_an_answer_that_nobody_comes_back_for_is_forgotten(running, clock):
    go = Event()
    first = running.start("q", lambda _: go.wait(10), version=1)
    assert not first.wait(0)
    go.set()
    first.future.result(10)
    clock.now += LEASE_S + 0.1
    assert running.start("q", lambda _: 2, version=1) is not first

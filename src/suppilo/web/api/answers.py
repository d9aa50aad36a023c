"""Answers that may take a while, for programs: they wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ninja.errors import HttpError

from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError

if TYPE_CHECKING:
    from suppilo.apps.funnels.running import Calculation

WAIT_S = 60.0


def wait_for_answer(start: Callable[[], Calculation], wait_s: float = WAIT_S) -> Any:
    """Return an answer to a program.

    Raises
    ------
    HttpError
        If it takes too long or too many wait (503), or can't be asked (422).
    """
    try:
        started = start()
        if not started.wait(wait_s):
            raise HttpError(503, "The calculation takes too long; ask for less.")
        return started.answer()
    except TooManyCalculationsError as error:
        raise HttpError(503, "Many reports are being calculated; ask again soon.") from error
    except CalculationEndedError as error:
        raise HttpError(503, str(error)) from error
    except ValueError as error:
        raise HttpError(422, str(error)) from error

"""Answers that may take a while: a page waits a moment, and then asks again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.lake import LakeError
from suppilo.web.paging import clamp

if TYPE_CHECKING:
    from suppilo.apps.funnels.running import Calculation

WAITS_S = (1.0, 5.0, 55.0)
"""How long a page waits at first; when it asks again; and without a script."""


def find_answer(
    start: Callable[[], Calculation], wait_s: float
) -> tuple[Any | None, dict[str, str]]:
    """Return an answer, if there is one, and what to show: ``ready``, ``waiting`` or ``failed``.

    What the question itself has wrong is told as a failure, with its words and ``fault``.
    """
    try:
        started = start()
        if not started.wait(wait_s):
            return None, {"state": "waiting"}
        return started.answer(), {"state": "ready"}
    except TooManyCalculationsError:
        text = _("Many reports are being calculated at the moment. Try again in a few seconds.")
    except ValueError as error:
        return None, {"state": "failed", "failure": str(error), "fault": "question"}
    except (CalculationEndedError, LakeError) as error:
        text = str(error)
    return None, {"state": "failed", "failure": text}


def asked_wait(query: QueryDict) -> float:
    """Return how long a request is ready to wait, in seconds."""
    return WAITS_S[clamp(query.get("wait"), 0, 2, 0)]

"""The answer to a page's question: ready, still being counted, or why there is none."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from suppilo.analytics.attribution import AttributionError, NoChannelError
from suppilo.apps.accounts.models import User
from suppilo.apps.funnels.running import CalculationEndedError, TooManyCalculationsError
from suppilo.apps.insights.attribution.ask import AttributionAnswer, start_attribution
from suppilo.lake import LakeError
from suppilo.web.segment_choice import read_segment
from suppilo.web.views.insights.attribution.asked import Asked


def find_answer(
    user: User, asked: Asked, wait_s: float
) -> tuple[AttributionAnswer | None, dict[str, Any]]:
    """Ask a page's question.

    Returns
    -------
    tuple
        The answer, if there is one, and what to show instead: ``state`` is ``blank``, ``wrong``,
        ``waiting``, ``failed`` or ``ready``.

    Raises
    ------
    PermissionDenied
        If the user may not see what is asked.
    Http404
        If the segment is not there, or not the user's to see.
    """
    if asked.question is None:
        text = _("Choose the event that is the goal.")
        state = "wrong" if asked.errors else "blank"
        return None, {"state": state, "failure": text, "fault": "question"}
    segment = read_segment(user, asked.fields["segment"])
    try:
        started = start_attribution(user, asked.question, segment)
        if not started.wait(wait_s):
            return None, {"state": "waiting"}
        return started.answer(), {"state": "ready"}
    except TooManyCalculationsError:
        text = _("Many reports are being calculated at the moment. Try again in a few seconds.")
        return None, {"state": "failed", "failure": text}
    except AttributionError:
        text = _("Nobody converted in this time after a touch: there is nothing to share out. "
                 "Choose other dates, a longer look-back or another goal.")  # fmt: skip
        return None, {"state": "failed", "failure": text, "fault": "question"}
    except NoChannelError:
        text = _("No event has a channel yet. Track your website, or bring in events with a "
                 "property “channel”.")  # fmt: skip
        return None, {"state": "failed", "failure": text, "fault": "question"}
    except (CalculationEndedError, LakeError) as error:
        return None, {"state": "failed", "failure": str(error)}

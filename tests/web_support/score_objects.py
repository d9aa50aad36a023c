"""Scores for the route matrix."""

from typing import Any

from django.utils import timezone

from suppilo.apps.accounts.models import User
from suppilo.apps.scores.models import Score, ScoreRound, ScoreSheet
from web_support.route_objects import Arguments, a_person

RULES = {"rules": [{"name": "Form", "event": "form", "points": 10}]}
A_SHEET_IN_JSON = {"rules": RULES, "goal": "", "horizon_days": 30}
A_SHEET_IN_FORM = {
    "e-TOTAL_FORMS": "1", "e-INITIAL_FORMS": "0", "p-TOTAL_FORMS": "0", "p-INITIAL_FORMS": "0",
    "e-0-event": "form", "e-0-points": "10", "hot": "50", "warm": "20", "full_engagement": "100",
    "horizon_days": "30", "do": "save",
}  # fmt: skip


def a_scored_person(user: User) -> Arguments:
    """Return somebody who has a score, as the API names them."""
    person = a_person(user)["person_id"]
    reason = {"name": "Form", "kind": "engagement", "points": 10, "count": 2, "last_us": 10**15}
    Score.objects.update_or_create(
        person=person,
        defaults={"fit": 0, "engagement": 60, "points": 60, "temperature": "hot",
                  "reasons": [reason], "at": timezone.now()},
    )  # fmt: skip
    return {"person_id": person}


def a_score_sheet(_user: User) -> dict[str, Any]:
    """Make a sheet, and the round that scored by it."""
    sheet = ScoreSheet.objects.create(rules=RULES | {"hot": 50, "warm": 20})
    ScoreRound.objects.create(
        at=timezone.now(), sheet=sheet, events="", hot=1, warm=0, cold=0, changed=1
    )
    return {}

"""Kept forecasts for the route matrix."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from reports_support.pipeline_world import make_pipeline
from suppilo.apps.accounts.models import User
from suppilo.apps.forecasts.models import MadeForecast, MadePeriod


def a_made_forecast(**said: Any) -> MadeForecast:
    """Keep a forecast of March 2026, made on its second day."""
    made = MadeForecast.objects.create(
        **{"pipeline": said.get("pipeline") or make_pipeline(), "every": "month",
           "currency": "EUR", "made_at": datetime(2026, 3, 2, 12, tzinfo=UTC),
           "made_on": "2026-03-02", "is_daily": False, "is_opening": True, "ended": 40, "won": 20}
        | said
    )  # fmt: skip
    MadePeriod.objects.create(
        forecast=made, ahead=1, starts_at=datetime(2026, 3, 1, tzinfo=UTC),
        ends_at=datetime(2026, 4, 1, tzinfo=UTC), won=Decimal(0), weighted=Decimal(900),
        quantiles=[100.0, 400.0, 700.0, 1000.0, 1300.0, 1600.0, 1900.0],
    )  # fmt: skip
    return made


def an_api_made_forecast(_user: User) -> dict[str, Any]:
    return {"made_id": a_made_forecast().pk}

"""Forecasts as JSON: the same form from the command and from the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from suppilo.analytics.forecast.report import BANDS, QUANTILES, Forecast, PeriodForecast
from suppilo.analytics.forecast.scores import TrackRecord
from suppilo.analytics.periods import format_moment


def write_forecast(forecast: Forecast, timezone: str = "UTC") -> dict[str, Any]:
    """Return a forecast as JSON: sums already won are texts, what may come are numbers."""
    return {
        "currency": forecast.currency,
        "as_of": format_moment(forecast.as_of_us, timezone),
        "every": forecast.every,
        "history": asdict(forecast.history) | {"is_enough": forecast.history.is_enough},
        "new_deals_per_week": round(forecast.arrivals_per_week, 2),
        "periods": [write_period(one, timezone) for one in forecast.periods],
        "total": write_period(forecast.total, timezone),
    }


def write_period(period: PeriodForecast, timezone: str = "UTC") -> dict[str, Any]:
    """Return a period's figures; without enough history ``median`` and ``bands`` are empty."""
    found = period.quantiles
    return {
        "start": period.start.isoformat(),
        "from": format_moment(period.start_us, timezone),
        "to": format_moment(period.end_us, timezone),
        "won": str(period.won),
        "weighted": round(period.weighted, 2),
        "median": None if period.median is None else round(period.median, 2),
        "bands": [
            {"share": share, "lower": round(found[low], 2), "upper": round(found[high], 2)}
            for share, low, high in BANDS
            if found
        ],
        "from_open": round(period.from_open, 2) if found else None,
        "from_new": round(period.from_new, 2) if found else None,
    }


def write_record(record: TrackRecord | None) -> dict[str, Any] | None:
    """Return how good past forecasts were, and which to use."""
    if record is None:
        return None
    found = asdict(record)
    found["coverage"] = [
        {"share": share, "held": round(held, 4)} for share, held in record.coverage.items()
    ]
    return found | {"advice": record.advice.value, "quantiles": list(QUANTILES)}

"""Revenue that will be won, by week or month: from the open deals, and from deals still to come.

Two ways: (a) the weighted pipeline (:mod:`weighted`), and (b) the pipeline's own history: how fast
deals of each stage and age are won, lost or moved (:mod:`hazards`, :mod:`passage`), how many new
ones come (:mod:`arrivals`), drawn many times (:mod:`draws`). :mod:`backtest` tells how good both
would have been, and which to use.
"""

from suppilo.analytics.forecast.backtest import BackTest, Trial, back_test, past_origins
from suppilo.analytics.forecast.book import DealBook, HistorySize, measure_history
from suppilo.analytics.forecast.report import (
    BANDS,
    QUANTILES,
    Forecast,
    ForecastQuestion,
    PeriodForecast,
    forecast_revenue,
)
from suppilo.analytics.forecast.scores import Advice, Scored, TrackRecord, judge_record

__all__ = [
    "BANDS",
    "QUANTILES",
    "Advice",
    "BackTest",
    "DealBook",
    "Forecast",
    "ForecastQuestion",
    "HistorySize",
    "PeriodForecast",
    "Scored",
    "TrackRecord",
    "Trial",
    "back_test",
    "forecast_revenue",
    "judge_record",
    "measure_history",
    "past_origins",
]

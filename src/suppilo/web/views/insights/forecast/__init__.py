"""The forecast: its page, how good it has been, the deals behind it, and what people call."""

from django.urls import path

from suppilo.web.views.insights.forecast.calls import call_month, call_one, keep
from suppilo.web.views.insights.forecast.deals import forecast_deals
from suppilo.web.views.insights.forecast.page import forecast, forecast_csv
from suppilo.web.views.insights.forecast.record import forecast_record

urlpatterns = [
    path("", forecast, name="forecast"),
    path("record/", forecast_record, name="forecast_record"),
    path("deals/", forecast_deals, name="forecast_deals"),
    path("deals/<int:deal_id>/call/", call_one, name="forecast_call"),
    path("month/", call_month, name="forecast_month"),
    path("keep/", keep, name="forecast_keep"),
    path("csv/", forecast_csv, name="forecast_csv"),
]

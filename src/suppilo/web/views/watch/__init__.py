"""Watch: figures that are looked at every day, and what was found of them."""

from django.urls import path

from suppilo.web.views.watch.adding import add_watched, watch_matters
from suppilo.web.views.watch.figure import follow, remove_watched, watched, watched_csv
from suppilo.web.views.watch.listing import (
    acknowledge,
    leave_out,
    look_now,
    reopen,
    take_back,
    watch,
)

urlpatterns = [
    path("", watch, name="watch"),
    path("add/", add_watched, name="add_watched"),
    path("what-matters/", watch_matters, name="watch_what_matters"),
    path("look/", look_now, name="watch_now"),
    path("days/", leave_out, name="leave_out_day"),
    path("days/back/", take_back, name="take_day_back"),
    path("<int:pk>/", watched, name="watched"),
    path("<int:pk>/csv/", watched_csv, name="watched_csv"),
    path("<int:pk>/follow/", follow, name="follow_watched"),
    path("<int:pk>/remove/", remove_watched, name="remove_watched"),
    path("alerts/<int:pk>/acknowledge/", acknowledge, name="acknowledge_alert"),
    path("alerts/<int:pk>/reopen/", reopen, name="reopen_alert"),
]

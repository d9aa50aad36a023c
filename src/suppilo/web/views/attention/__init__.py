"""Deals that somebody should look at, what counts as such, and the daily mail."""

from django.urls import path

from suppilo.web.views.attention import listing, settings

urlpatterns = [
    path("", listing.attention, name="attention"),
    path("badge/", listing.badge, name="attention_badge"),
    path("<int:deal_id>/snooze/", listing.snooze, name="snooze_deal"),
    path("<int:deal_id>/wake/", listing.wake, name="wake_deal"),
    path("settings/", settings.thresholds, name="thresholds"),
    path("mail/", settings.digest, name="digest"),
]

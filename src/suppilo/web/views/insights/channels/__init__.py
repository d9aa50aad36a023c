"""Channels: what each costs and brings, and the deals and people behind each figure."""

from django.urls import path

from suppilo.web.views.insights.channels.behind import channel_deals, channel_people
from suppilo.web.views.insights.channels.page import channels, channels_csv

urlpatterns = [
    path("", channels, name="channels"),
    path("deals/", channel_deals, name="channel_deals"),
    path("people/", channel_people, name="channel_people"),
    path("csv/", channels_csv, name="channels_csv"),
]

"""Pages for webhooks: the addresses, one with its messages, one message."""

from django.urls import URLPattern, path

from suppilo.web.views.webhooks import actions, pages

urlpatterns: list[URLPattern] = [
    path("", pages.show_webhooks, name="webhooks"),
    path("new/", actions.make, name="webhook_new"),
    path("<int:endpoint_id>/", pages.show_webhook, name="webhook"),
    path("<int:endpoint_id>/change/", actions.change, name="webhook_change"),
    path("<int:endpoint_id>/enable/", actions.enable, name="webhook_enable"),
    path("<int:endpoint_id>/disable/", actions.disable, name="webhook_disable"),
    path("<int:endpoint_id>/remove/", actions.remove, name="webhook_remove"),
    path("<int:endpoint_id>/secret/", actions.renew, name="webhook_secret"),
    path("<int:endpoint_id>/test/", actions.test, name="webhook_test"),
    path("<int:endpoint_id>/replay/", actions.replay_failed, name="webhook_replay_failed"),
    path("<int:endpoint_id>/messages/<int:delivery_id>/", pages.show_delivery,
         name="webhook_delivery"),
    path("<int:endpoint_id>/messages/<int:delivery_id>/replay/", actions.replay,
         name="webhook_replay"),
]  # fmt: skip

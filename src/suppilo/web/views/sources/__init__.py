"""Pages for sources: what sends events, what came of them, and what was refused."""

from django.urls import URLPattern, path

from suppilo.web.views.sources import quarantine, rules, sources

urlpatterns: list[URLPattern] = [
    path("", sources.show_sources, name="sources"),
    path("new/", sources.make, name="source_new"),
    path("<int:source_id>/", sources.show_source, name="source"),
    path("<int:source_id>/counts/", sources.show_counts, name="source_counts"),
    path("<int:source_id>/settings/", sources.change, name="source_change"),
    path("<int:source_id>/enable/", sources.enable, name="source_enable"),
    path("<int:source_id>/disable/", sources.disable, name="source_disable"),
    path("<int:source_id>/keys/", sources.add_key, name="source_key_add"),
    path("<int:source_id>/keys/<int:key_id>/revoke/", sources.revoke, name="source_key_revoke"),
    path("<int:source_id>/rules/", rules.show_rules, name="source_rules"),
    path("<int:source_id>/rules/<int:rule_id>/remove/", rules.remove, name="source_rule_remove"),
    path("quarantine/", quarantine.show_quarantine, name="quarantine"),
    path("quarantine/replay/", quarantine.replay, name="quarantine_replay"),
    path("quarantine/discard/", quarantine.discard, name="quarantine_discard"),
    path("quarantine/<int:event_id>/", quarantine.show_event, name="quarantined"),
]

"""Pages for leads: the inbox, one lead, what can be done with it, rules, working hours."""

from django.urls import URLPattern, path

from suppilo.web.views.leads import actions, hours, inbox, one, rules

urlpatterns: list[URLPattern] = [
    path("", inbox.show_inbox, name="leads"),
    path("new/", one.add, name="lead_new"),
    path("from-people/", actions.add_people, name="leads_from_people"),
    path("rules/", rules.show_rules, name="lead_rules"),
    path("rules/intake/new/", rules.edit_intake, name="lead_intake_new"),
    path("rules/intake/<int:rule_id>/", rules.edit_intake, name="lead_intake"),
    path("rules/intake/<int:rule_id>/switch/", rules.switch_intake, name="lead_intake_switch"),
    path("rules/intake/<int:rule_id>/remove/", rules.remove_intake, name="lead_intake_remove"),
    path("rules/routing/new/", rules.edit_routing, name="lead_routing_new"),
    path("rules/routing/<int:rule_id>/", rules.edit_routing, name="lead_routing"),
    path("rules/routing/<int:rule_id>/switch/", rules.switch_routing, name="lead_routing_switch"),
    path("rules/routing/<int:rule_id>/move/", rules.move_routing, name="lead_routing_move"),
    path("rules/routing/<int:rule_id>/remove/", rules.remove_routing, name="lead_routing_remove"),
    path("reasons/", rules.add_reason, name="lead_reason_new"),
    path("reasons/<int:reason_id>/retire/", rules.retire, name="lead_reason_retire"),
    path("hours/", hours.show_hours, name="lead_hours"),
    path("hours/new/", hours.edit_hours, name="lead_hours_new"),
    path("hours/<int:hours_id>/", hours.edit_hours, name="lead_hours_edit"),
    path("hours/<int:hours_id>/remove/", hours.remove, name="lead_hours_remove"),
    path("hours/<int:hours_id>/days/", hours.add_day, name="lead_day_off_new"),
    path("hours/days/<int:day_off_id>/remove/", hours.remove_day, name="lead_day_off_remove"),
    path("absences/", hours.add_absent, name="lead_absence_new"),
    path("absences/<int:absence_id>/remove/", hours.remove_absent, name="lead_absence_remove"),
    path("<int:lead_id>/", one.show_lead, name="lead"),
    path("<int:lead_id>/edit/", actions.edit, name="lead_edit"),
    path("<int:lead_id>/qualify/", actions.qualify, name="lead_qualify"),
    path("<int:lead_id>/hand-over/", actions.hand_over, name="lead_hand_over"),
    path("<int:lead_id>/accept/", actions.accept, name="lead_accept"),
    path("<int:lead_id>/convert/", actions.convert, name="lead_convert"),
    path("<int:lead_id>/return/", actions.give_back, name="lead_return"),
    path("<int:lead_id>/disqualify/", actions.disqualify, name="lead_disqualify"),
]

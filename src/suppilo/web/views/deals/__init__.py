"""Pages for deals: the list, one deal, and what can be done with them."""

from django.urls import URLPattern, path

from suppilo.web.views.deals import (
    bulk,
    correcting,
    exports,
    fields,
    items,
    listing,
    making,
    moving,
    page,
    parts,
    timeline,
)

urlpatterns: list[URLPattern] = [
    path("", listing.show_deals, name="deals"),
    path("new/", making.make, name="deal_new"),
    path("new/similar/", making.show_similar, name="deal_similar"),
    path("new/companies/", making.suggest_companies, name="deal_companies"),
    path("bulk/", bulk.act, name="deals_bulk"),
    path("export/<str:kind>/", exports.export, name="deals_export"),
    path("views/", listing.keep_view, name="deal_view_save"),
    path("views/<int:view_id>/delete/", listing.drop_view, name="deal_view_delete"),
    path("<int:deal_id>/", page.show_deal, name="deal"),
    path("<int:deal_id>/sheet/", page.show_sheet, name="deal_sheet"),
    path("<int:deal_id>/move/", moving.move, name="deal_move"),
    path("<int:deal_id>/moves/<int:number>/", correcting.correct, name="deal_move_correct"),
    path("<int:deal_id>/timeline/", timeline.show_timeline, name="deal_timeline"),
    path("<int:deal_id>/fields/<str:name>/", fields.edit_field, name="deal_field"),
    path("<int:deal_id>/items/", items.edit_items, name="deal_items"),
    path("<int:deal_id>/people/", parts.add_participant, name="deal_participant_add"),
    path(
        "<int:deal_id>/people/<int:participant_id>/",
        parts.change_participant,
        name="deal_participant",
    ),
    path("<int:deal_id>/tick/<slug:stage_key>/<slug:key>/", parts.tick, name="deal_tick"),
    path("<int:deal_id>/documents/", parts.add_document, name="deal_document_add"),
    path("<int:deal_id>/documents/<int:document_id>/", parts.show_document, name="deal_document"),
    path(
        "<int:deal_id>/documents/<int:document_id>/remove/",
        parts.remove_document,
        name="deal_document_remove",
    ),
    path(
        "<int:deal_id>/suggestion/dismiss/",
        parts.dismiss_suggestion,
        name="deal_suggestion_dismiss",
    ),
    path("<int:deal_id>/approvals/", parts.ask_approval, name="deal_approval_ask"),
    path(
        "<int:deal_id>/approvals/<int:approval_id>/",
        parts.answer_approval,
        name="deal_approval_answer",
    ),
]

"""Makes what routes of deals and pipelines are about."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.models import Deal
from suppilo.apps.deals.services import (
    NewDeal,
    NewItem,
    NewParticipant,
    add_document,
    ask_approval,
    open_deal,
    set_items,
)
from suppilo.apps.deals.services.views import save_view
from suppilo.apps.pipelines.drafts import CriterionDraft, PipelineDraft, StageDraft
from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.pipelines.selectors import draft_of
from suppilo.apps.pipelines.services import add_field, add_lost_reason, make_pipeline
from web_support.route_objects import Arguments, add_user


def a_pipeline(user: User) -> Arguments:
    del user
    return {"pipeline_id": _pipeline().pk}


def a_stage_of_a_pipeline(user: User) -> Arguments:
    return {**a_pipeline(user), "stage_key": "a"}


def a_deal(user: User) -> Arguments:
    """Return a deal of the caller's own; of the owner's, who shows it to all, if they have none."""
    return {"deal_id": _deal(user).pk}


def a_field_of_a_deal(user: User) -> Arguments:
    return {"deal_id": _deal(user).pk, "name": "source"}


def an_entry_of_a_deal(user: User) -> Arguments:
    return {"deal_id": _deal(user).pk, "number": 1}


def a_field_of_a_pipeline(user: User) -> Arguments:
    pipeline = a_pipeline(user)["pipeline_id"]
    return {"pipeline_id": pipeline, "field_id": add_field(None, pipeline, "Colour", "text").pk}


def a_lost_reason(user: User) -> Arguments:
    pipeline = a_pipeline(user)["pipeline_id"]
    return {"pipeline_id": pipeline, "reason_id": add_lost_reason(None, pipeline, "Too late").pk}


def a_participant(user: User) -> Arguments:
    deal = _deal(user)
    return {"deal_id": deal.pk, "participant_id": deal.participants.get().pk}


def a_checklist_item(user: User) -> Arguments:
    return {"deal_id": _deal(user).pk, "stage_key": "c", "key": "papers"}


def a_document(user: User) -> Arguments:
    """Return a link among a deal's documents, which is no file."""
    deal = _deal(user)
    document = add_document(None, deal.pk, "contract", "Draft", url="https://example.com/draft")
    return {"deal_id": deal.pk, "document_id": document.pk}


def an_approval(user: User) -> Arguments:
    """Return what a salesperson asks for, whose deals everybody sees."""
    del user
    seller = add_user(Role.SALESPERSON)
    deal = _deal(seller)
    DiscountLimit.objects.create(role=Role.SALESPERSON, rate="0.05")
    line = NewItem(description="Panels", unit_price=100, discount="0.2")
    set_items(seller, deal.pk, [line], source="page")
    approval = ask_approval(seller, deal.pk, "discount", reason="Volume")
    return {"deal_id": deal.pk, "approval_id": approval.pk}


def a_deal_view(user: User) -> Arguments:
    keeper = user if allows(user, Permission.SEE_DEALS) else add_user(Role.OWNER)
    return {"view_id": save_view(keeper, "Late", "need=late").pk}


def a_move(user: User) -> dict[str, Any]:
    del user
    return {"stage": "b"}


def a_new_deal(user: User) -> dict[str, Any]:
    pipeline = a_pipeline(user)["pipeline_id"]
    return {
        "name": "Roof panels", "pipeline": pipeline, "next_step": "Call", "date": "2099-01-02",
    }  # fmt: skip


def deals_to_tag(user: User) -> dict[str, Any]:
    return {"deals": [_deal(user).pk], "what": "tag", "tag": "renewal"}


def a_line(user: User) -> dict[str, Any]:
    del user
    return {"description": "Panels", "quantity": "2", "price": "100"}


def somebody_by_mail(user: User) -> dict[str, Any]:
    del user
    return {"identifier": "nina@example.com", "role": "buyer"}


def a_link(user: User) -> dict[str, Any]:
    del user
    return {"name": "Draft", "url": "https://example.com/draft"}


def a_file(user: User) -> dict[str, Any]:
    del user
    return {"file": SimpleUploadedFile("contract.pdf", b"%PDF")}


def a_snooze(user: User) -> dict[str, Any]:
    del user
    until = timezone.localdate() + timedelta(days=7)
    return {"until": until.isoformat(), "reason": "They are away"}


def an_edited_pipeline(user: User) -> dict[str, Any]:
    """Return the editor's form as it is sent for the pipeline that was made last."""
    del user
    from suppilo.web.views.pipelines.drafting import write_form

    pipeline = Pipeline.objects.order_by("-pk")[0]
    return {**write_form(draft_of(pipeline.current)), "version": "1", "do": "save"}


def _pipeline() -> Pipeline:
    papers = CriterionDraft("papers", "checklist", {"label": "Papers are there"})
    stages = (
        StageDraft("a", "First", Decimal("0.1")),
        StageDraft("b", "Second", Decimal("0.5")),
        StageDraft("c", "Third", Decimal("0.9"), criteria=(papers,)),
        StageDraft("won", "Won", Decimal(1), "after", "won"),
        StageDraft("lost", "Lost", group="after", kind="lost"),
    )
    name = f"Way {Pipeline.objects.count()}"
    return make_pipeline(None, name, PipelineDraft(name, stages, visibility="all"))


def _deal(user: User) -> Deal:
    owner = user if allows(user, Permission.EDIT_DEALS) else add_user(Role.OWNER)
    new = NewDeal(
        "Nordvik", _pipeline().pk, next_step="Call",
        next_step_at=timezone.now() + timedelta(days=1),
        contacts=(NewParticipant("nora@example.com", name="Nora"),),
    )  # fmt: skip
    return open_deal(owner, new, source="page")


def an_approval_alone(user: User) -> Arguments:
    """Return what a salesperson asks for, whichever deal it is of."""
    return {"approval_id": an_approval(user)["approval_id"]}


def a_deal_to_open(user: User) -> dict[str, Any]:
    """Return a deal as programs open it."""
    del user
    return {
        "name": "Pumps", "pipeline_id": _pipeline().pk, "next_step": "Call",
        "next_step_at": "2027-01-08T10:00:00Z",
    }  # fmt: skip

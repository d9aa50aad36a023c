"""Putting an entry of a deal's ledger right: where the deal went in truth, and when."""

from __future__ import annotations

from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.deals.errors import DealError
from suppilo.apps.deals.models import Deal, MoveKind, MoveSource
from suppilo.apps.deals.selectors.ledger import EffectiveMove, read_moves
from suppilo.apps.deals.services import correct_move
from suppilo.apps.pipelines.models import LostReason, Stage
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.deals.finding import find_deal, read_id

_ONLY_TIME = (MoveKind.RENEW_VERSION, MoveKind.HAND_OVER)
_FORMAT = "%Y-%m-%dT%H:%M"


class CorrectionForm(forms.Form):
    """What was wrong with an entry, and what is right."""

    stage = forms.ChoiceField(label=lazy("It went to"))
    at = forms.DateTimeField(
        label=lazy("At"),
        input_formats=[_FORMAT, f"{_FORMAT}:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=_FORMAT),
    )
    reason = forms.CharField(
        label=lazy("What was wrong"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    lost_reason = forms.ChoiceField(label=lazy("Why it was lost"), required=False)
    waiver = forms.CharField(
        label=lazy("Let it pass its gates all the same, because"), max_length=2000, required=False
    )

    def __init__(
        self,
        deal: Deal,
        moves: list[EffectiveMove],
        wrong: EffectiveMove,
        given: QueryDict | None = None,
    ) -> None:
        stages = _stages(moves, wrong)
        self._at = wrong.at
        shown = {"stage": wrong.to_stage.key, "at": wrong.at, "lost_reason": deal.lost_reason_id}
        super().__init__(given, initial=shown)
        self._choose("stage", [(one.key, one.name) for one in stages])
        losing = any(not one.is_open for one in stages)
        reasons = LostReason.objects.filter(pipeline=deal.pipeline_id, is_archived=False)
        if losing:
            self._choose("lost_reason", [("", "–"), *((str(one.pk), one.name) for one in reasons)])
        else:
            del self.fields["lost_reason"]
        if len(stages) == 1:
            del self.fields["waiver"]

    def clean_at(self) -> datetime:
        """Return the time; as exact as it was where nobody changed it."""
        at: datetime = self.cleaned_data["at"]
        shown = timezone.localtime(self._at).replace(second=0, microsecond=0)
        return self._at if at == shown else at

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


@page(Permission.EDIT_DEALS)
def correct(request: UserRequest, deal_id: int, number: int) -> HttpResponse:
    """Correct an entry that counts; any other one is not there."""
    deal = find_deal(request.user, deal_id)
    moves = read_moves(deal)
    wrong = next((move for move in moves if move.change.number == number), None)
    if wrong is None:
        raise Http404
    form = CorrectionForm(deal, moves, wrong, request.POST if request.method == "POST" else None)
    if form.is_valid() and _save(request, deal, number, form):
        messages.success(request, _("Entry %d is corrected; it stays to be seen.") % number)
        return redirect(f"{deal.get_absolute_url()}#ledger")
    context = {"deal": deal, "form": form, "wrong": wrong}
    return render(request, "deals/correct.html", context, status=status_of(form))


def _save(request: UserRequest, deal: Deal, number: int, form: CorrectionForm) -> bool:
    said = form.cleaned_data
    try:
        correct_move(
            request.user,
            deal.pk,
            number,
            said["stage"],
            at=said["at"],
            reason=said["reason"],
            source=MoveSource.PAGE,
            waiver=said.get("waiver", ""),
            lost_reason_id=read_id(said.get("lost_reason", "")),
            revision=read_id(request.POST.get("revision", "")),
        )
    except DealError as error:
        form.add_error(None, error.message)
    except PermissionDenied as error:
        if not said.get("waiver"):
            raise
        form.add_error("waiver", str(error))
    except Deal.DoesNotExist as error:
        raise Http404 from error
    return not form.errors


def _stages(moves: list[EffectiveMove], wrong: EffectiveMove) -> list[Stage]:
    """Return the stages that an entry may be given: of an earlier one only the time changes."""
    if wrong is not moves[-1] or wrong.kind in _ONLY_TIME:
        return [wrong.to_stage]
    return list(wrong.to_stage.version.stages.order_by("position"))

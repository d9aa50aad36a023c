"""One lead: who it is, where it stands, what happened; and a new one by hand."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission
from suppilo.apps.leads.models import Lead
from suppilo.apps.leads.selectors import get_lead, list_person_leads
from suppilo.apps.leads.services import NewLead, add_lead
from suppilo.apps.people.selectors.profile import list_identifiers, touches_of
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.views.leads.choices import choices_for
from suppilo.web.views.leads.rows import make_rows

_OTHERS = 20


class NewLeadForm(forms.Form):
    """Somebody who is typed in."""

    identifier = forms.CharField(
        label=gettext_lazy("E-mail"),
        max_length=500,
        help_text=gettext_lazy("Or the user's id, as events come with."),
        widget=forms.TextInput(attrs={"autofocus": "", "autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, required=False)
    company = forms.CharField(label=gettext_lazy("Company"), max_length=200, required=False)
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=60, required=False)
    interest = forms.CharField(label=gettext_lazy("Interest"), max_length=200, required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=5000, required=False, widget=forms.Textarea
    )


@page(Permission.SEE_LEADS, methods=("GET",))
def show_lead(request: UserRequest, lead_id: int) -> HttpResponse:
    """Show a lead."""
    try:
        lead = get_lead(request.user, lead_id)
    except Lead.DoesNotExist as error:
        raise Http404 from error
    person = lead.contact.person
    others = list_person_leads(request.user, person.pk).exclude(pk=lead.pk)[:_OTHERS]
    now = timezone.now()
    context = {
        "row": make_rows([lead], now)[0],
        "lead": lead,
        "person": person,
        "touches": touches_of(list_identifiers(person)),
        "changes": lead.changes.select_related("actor", "owner").order_by("-number"),
        "others": make_rows(others, now),
        "choices": choices_for(request.user),
        "here": lead.get_absolute_url(),
    }
    return render(request, "leads/lead.html", context)


@page(Permission.WORK_LEADS)
def add(request: UserRequest) -> HttpResponse:
    """Put somebody into the inbox by hand."""
    form = NewLeadForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            lead = add_lead(request.user, NewLead(**form.cleaned_data))
        except ValidationError as error:
            form.add_error("identifier", error)
        else:
            messages.success(request, _("%s is a lead now.") % lead.contact.person)
            return redirect(lead)
    return render(request, "leads/new.html", {"form": form}, status=status_of(form))

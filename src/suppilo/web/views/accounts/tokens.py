"""One's own tokens for programs."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import ApiToken
from suppilo.apps.accounts.selectors import list_tokens
from suppilo.apps.accounts.services.tokens import make_token, revoke_token
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.paging import number_page
from suppilo.web.views.accounts.forms import TokenForm


@page()
def show_tokens(request: UserRequest) -> HttpResponse:
    """List one's tokens; make one, and show its text this once."""
    form = TokenForm(request.POST or None)
    made = ""
    if form.is_valid():
        _token, made = make_token(request.user, form.cleaned_data["name"])
        form = TokenForm()
    found = number_page(list_tokens(request.user), request.GET.get("page"))
    context = {"form": form, "made": made, "page": found}
    return render(request, "accounts/tokens.html", context, status=status_of(form))


@page(methods=("POST",))
def revoke(request: UserRequest, token_id: int) -> HttpResponse:
    """Let a token work no longer."""
    try:
        revoke_token(request.user, token_id)
    except ApiToken.DoesNotExist as error:
        raise Http404 from error
    messages.success(request, _("The token is revoked."))
    return redirect("account_tokens")

"""Pages for what went wrong; the API gets the same in JSON.

None repeats what an exception says, which may hold what is not the reader's to know; but where an
event table can't be read, its file is named, as it is where reports are answered.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

_CODES = {
    400: "malformed",
    403: "forbidden",
    404: "not_found",
    405: "malformed",
    500: "server_error",
    503: "error",
}


def refuse(request: HttpRequest, status: int, message: str) -> HttpResponse:
    """Return an error page, or its JSON for the API, that says what was wrong and what to do."""
    if request.path.startswith("/api/"):
        return JsonResponse({"code": _CODES[status], "message": message}, status=status)
    return render(request, f"errors/{status}.html", {"message": message}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that a request can't be read."""
    del exception
    return refuse(request, 400, _("The request can't be read. Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the user's role may not do this."""
    del exception
    return refuse(
        request, 403, _("Your role doesn't allow this. An owner or admin can change your role.")
    )


def csrf_failure(request: HttpRequest, **_details: object) -> HttpResponse:
    """Say that a form is too old, or came from elsewhere."""
    return refuse(
        request, 403,
        _("The form has expired, and nothing was saved. Go back: what you typed stands there. "
          "Send it again; if this comes again, copy it, reload the page and send it once more."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that there is nothing here, or nothing that is the user's to see."""
    del exception
    return refuse(
        request, 404, _("There is nothing here, or it isn't shared with you. Check the address.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that the server failed."""
    return refuse(
        request, 500, _("The server failed. Try again; if it stays so, look into its log.")
    )

"""Price books: the list, one book's prices, a price list as a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.catalogue import services
from suppilo.apps.catalogue.models import PriceBook, Product
from suppilo.apps.catalogue.selectors import ProductFilter, list_books, list_products, prices_in
from suppilo.apps.catalogue.services.numbers import read_number
from suppilo.apps.catalogue.services.price_file import MOST_BYTES
from suppilo.web.access import UserRequest, page
from suppilo.web.forms import status_of
from suppilo.web.number_fields import plain_number
from suppilo.web.paging import number_page


class BookForm(forms.Form):
    """A new price book."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=3, initial="EUR")


class PriceListForm(forms.Form):
    """A price list to bring in."""

    file = forms.FileField(
        label=gettext_lazy("CSV or Excel file"),
        help_text=gettext_lazy(
            "With a header and the columns number and price; name, category, unit and cost if "
            "you like. CSV in UTF-8, or the first sheet of an .xlsx file; up to 20,000 rows."
        ),
    )


@page(Permission.SEE_DEALS)
def show_books(request: UserRequest) -> HttpResponse:
    """List the price books, and make one."""
    form = BookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            book = services.make_book(request.user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect("price_book", book.pk)
    context = {
        "form": form,
        "books": list_books()[:200],
        "archived": list_books(is_archived=True)[:200],
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE),
    }
    return render(request, "catalogue/books.html", context, status=status_of(form))


@page(Permission.SEE_DEALS)
def show_book(request: UserRequest, book_id: int) -> HttpResponse:
    """Show the prices of a book, and take those typed in."""
    book = get_object_or_404(PriceBook, pk=book_id)
    if request.method == "POST":
        return _save_prices(request, book)
    search = request.GET.get("q", "")[:200]
    found = number_page(list_products(ProductFilter(search)), request.GET.get("page"))
    known = {} if book.is_archived else prices_in(
        book.currency, [one.pk for one in found.items], book.pk
    )  # fmt: skip
    context = {
        "book": book,
        "search": search,
        "page": found,
        "lines": [(one, plain_number(known.get(one.pk))) for one in found.items],
        "form": PriceListForm(),
        "may_manage": allows(request.user, Permission.MANAGE_CATALOGUE) and not book.is_archived,
    }
    return render(request, "catalogue/book.html", context)


def _save_prices(request: UserRequest, book: PriceBook) -> HttpResponse:
    try:
        prices = dict(_read_prices(request.POST.items()))
        count = services.set_prices(request.user, book.pk, prices)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except (PriceBook.DoesNotExist, Product.DoesNotExist) as error:
        raise Http404 from error
    else:
        messages.success(request, _("Prices changed: %d.") % count)
    return redirect(f"{request.path}?{request.GET.urlencode()}")


def _read_prices(items: Iterable[tuple[str, object]]) -> Iterable[tuple[int, Decimal | None]]:
    for name, text in items:
        number = name.removeprefix("price-")
        if number != name and number.isascii() and number.isdigit() and len(number) < 19:
            yield int(number), read_number(str(text)) if str(text).strip() else None


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def import_list(request: UserRequest, book_id: int) -> HttpResponse:
    """Bring a price list in, or only say what it would do."""
    book = get_object_or_404(PriceBook, pk=book_id)
    form = PriceListForm(request.POST, request.FILES)
    is_trial = "check" in request.POST
    result = None
    if form.is_valid():
        content = form.cleaned_data["file"].read(MOST_BYTES + 1)
        try:
            result = services.import_price_list(request.user, book.pk, content, is_trial=is_trial)
        except ValidationError as error:
            form.add_error("file", error)
    context = {"book": book, "form": form, "result": result, "is_trial": is_trial}
    is_refused = result is None or bool(result.problems)
    return render(request, "catalogue/imported.html", context, status=422 if is_refused else 200)


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def rename(request: UserRequest, book_id: int) -> HttpResponse:
    """Give a book another name."""
    name = request.POST.get("name", "")
    return _do(request, book_id, lambda: services.rename_book(request.user, book_id, name))


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def set_default(request: UserRequest, book_id: int) -> HttpResponse:
    """Have a book's prices offered first."""
    return _do(request, book_id, lambda: services.set_default_book(request.user, book_id))


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def archive(request: UserRequest, book_id: int) -> HttpResponse:
    """Use a book no longer."""
    return _do(request, book_id, lambda: services.archive_book(request.user, book_id))


@page(Permission.MANAGE_CATALOGUE, methods=("POST",))
def restore(request: UserRequest, book_id: int) -> HttpResponse:
    """Use a book again."""
    return _do(request, book_id, lambda: services.restore_book(request.user, book_id))


def _do(request: UserRequest, book_id: int, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except PriceBook.DoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("price_book", book_id)

"""Every word of the pages goes through gettext: shown in a language that marks what it translates.

What stands in the database, in the events, and in the list below is nobody's to translate. Public
papers are in the customer's language, whatever the reader's is.
"""

import re
from collections.abc import Iterator
from gettext import NullTranslations
from html.parser import HTMLParser
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.utils.translation import trans_real

from funnels_support.shop_lake import HOSTILE, use_shop
from suppilo.apps.accounts.models import Role
from suppilo.charts import i18n
from web_support.route_matrix import ROUTES
from web_support.route_objects import add_user
from web_support.routes import Found, find_routes
from web_support.undoing import undone

pytestmark = pytest.mark.django_db

OPEN, CLOSE = "⟦", "⟧"
WORD = re.compile(r"[A-Za-z]{2,}")
PAGES = [
    route
    for route in find_routes()
    if route.key in ROUTES and route.method == "GET" and not route.is_api
]
IN_THE_CUSTOMERS_LANGUAGE = {"public_quote"}
NAMES = {
    # of the product, of others' products, of languages, zones and formats
    "Suppilo", "PostHog", "posthog-js", "RudderStack", "rudder-sdk-js", "Segment",
    "analytics-next", "English", "Latviešu", "Magyar", "Suomi", "UTC", "VAT",
    # of events, properties and people in the world that is shown
    "visit", "cart", "pay", "channel", "email", "direct", "visitor-", "odd-one",
    # of columns of a file; of a date in Latvian
    "cost", "date", "gada",
}  # fmt: skip
IN_ENGLISH = ("step 1: no event is called", "the file: a header and no rows")
"""What the funnel's engine and the reader of files say is wrong has no translation."""
CODE = re.compile(
    r"[A-Z]\w+/[\w/+-]+|\b[A-Z]{2,4}\b|https?://\S*|[\w@.-]+\.(com|net|io)|#[0-9a-f]{6}|\([a-z_]+\)"
    r"|webhook-id"
)
"""Zones, countries, file types, addresses, colours, names of events in brackets."""


class Marking(NullTranslations):
    """Translates each message into itself, in brackets."""

    domain = "django"

    def gettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}" if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)

    def language(self) -> str:
        return "lv"

    def to_language(self) -> str:
        return "lv"


class Texts(HTMLParser):
    """Collects what a reader reads or hears."""

    SILENT = ("script", "style", "code", "pre", "textarea", "datalist")
    HEARD = ("title", "aria-label", "placeholder", "alt", "data-confirm")

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.SILENT:
            self._silent.append(tag)
        self.found += [value for name, value in attrs if name in self.HEARD and value]

    def handle_endtag(self, tag: str) -> None:
        if self._silent and self._silent[-1] == tag:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def unmarked(text: str) -> str:
    """Return what of a text is outside all brackets."""
    depth, kept = 0, []
    for sign in text:
        depth += (sign == OPEN) - (sign == CLOSE)
        if depth == 0 and sign != CLOSE:
            kept.append(sign)
    return " ".join("".join(kept).split())


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts_in(inner)


def stored_texts() -> set[str]:
    """Return all texts of all tables."""
    return {
        text
        for model in apps.get_models()
        for row in model.objects.values_list()
        for value in row
        for text in texts_in(value)
        if len(text) > 1
    }


def untranslated(page: str) -> list[str]:
    """Return the texts of a page that have a word which nobody marked."""
    texts = Texts()
    texts.feed(page)
    found = []
    given = sorted(stored_texts() | NAMES | {HOSTILE, HOSTILE[:23]}, key=len, reverse=True)
    for text in {unmarked(text) for text in texts.found}:
        rest = CODE.sub(" ", text)
        for name in given:
            rest = rest.replace(name, " ")
        if WORD.search(rest):
            found.append(text)
    return found


def show(route: Found, client: Client, owner: Any) -> str:
    said = ROUTES[route.key]
    url = route.url(said.arguments(owner))
    answer = client.get(url, said.build_data(owner), headers={"accept-language": "lv"})
    is_page = answer.status_code == 200 and "html" in answer["Content-Type"]
    return answer.content.decode() if is_page else ""


def test_every_text_of_every_page_can_be_translated(settings, tmp_path, monkeypatch):
    use_shop(settings, tmp_path)
    monkeypatch.setitem(trans_real._translations, "lv", Marking())
    monkeypatch.setattr(i18n, "_catalogue", {"lv": Marking()}.__getitem__)
    owner = add_user(Role.OWNER)
    client = Client()
    client.force_login(owner)
    seen, wrong = 0, {}
    for route in PAGES:
        cache.clear()
        if route.name in IN_THE_CUSTOMERS_LANGUAGE:
            continue
        with undone():
            page = show(route, client, owner)
            seen += bool(page)
            left = [text for text in untranslated(page) if not text.startswith(IN_ENGLISH)]
        if left:
            wrong[route.key] = left
    assert wrong == {}, wrong
    assert seen > 120


@pytest.mark.parametrize("text", ["Save", "⟦Deals⟧ of Ada", "⟦%(n)d⟧ heads"])
def test_a_text_that_nobody_translates_would_be_found(text):
    assert untranslated(f"<p>{text}</p>") == [unmarked(text)]

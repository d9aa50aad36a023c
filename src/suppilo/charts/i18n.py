"""The one place where text for people is translated (gettext domain ``suppilo``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from gettext import NullTranslations
from gettext import translation as find_translation
from pathlib import Path

DOMAIN = "suppilo"
LOCALE_DIR = Path(__file__).parent.parent / "locale"

_language: ContextVar[str] = ContextVar("suppilo_language", default="en")


@cache
def _catalogue(language: str) -> NullTranslations:
    return find_translation(DOMAIN, LOCALE_DIR, [language], fallback=True)


def language() -> str:
    """Return the language that text is given in now, as a BCP 47 tag."""
    return _language.get()


@contextmanager
def use_language(tag: str) -> Iterator[None]:
    """Give all text in ``tag`` inside the block; where a translation is missing, in English."""
    token = _language.set(tag)
    try:
        yield
    finally:
        _language.reset(token)


def _(message: str) -> str:
    """Return ``message`` in the language in use. Values go in by ``.format`` afterwards."""
    return _catalogue(_language.get()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form of a message that goes with ``number``, in the language in use."""
    return _catalogue(_language.get()).ngettext(singular, plural, number)

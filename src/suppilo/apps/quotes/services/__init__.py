"""The verbs on quotes: making, sending, answering."""

from suppilo.apps.quotes.services.answering import (
    AnswerRefusedError,
    accept_quote,
    refuse_quote,
)
from suppilo.apps.quotes.services.making import (
    QuoteTexts,
    change_quote,
    delete_draft,
    make_quote,
    renew_lines,
    revise_quote,
)
from suppilo.apps.quotes.services.sending import (
    mail_quote,
    renew_link,
    revoke_link,
    send_quote,
    withdraw_quote,
)
from suppilo.apps.quotes.services.visits import Visitor, note_visit

__all__ = [
    "AnswerRefusedError",
    "QuoteTexts",
    "Visitor",
    "accept_quote",
    "change_quote",
    "delete_draft",
    "mail_quote",
    "make_quote",
    "note_visit",
    "refuse_quote",
    "renew_lines",
    "renew_link",
    "revise_quote",
    "revoke_link",
    "send_quote",
    "withdraw_quote",
]

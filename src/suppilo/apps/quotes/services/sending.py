"""Sending: a number, our details as they are now, a link; and taking all that back."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.catalogue.models import DiscountLimit
from suppilo.apps.deals.discounts import excess, find_approval, role_of
from suppilo.apps.deals.models import Approval, ApprovalState
from suppilo.apps.deals.services import advance_deal
from suppilo.apps.letterhead.mailing import check_mail, mail_paper
from suppilo.apps.letterhead.models import PaperKind
from suppilo.apps.letterhead.services import get_letterhead, take_number
from suppilo.apps.quotes.links import link_url, new_link_id
from suppilo.apps.quotes.models import WAITING, Quote, QuoteState
from suppilo.apps.quotes.services.events import tell_quote
from suppilo.apps.quotes.services.taking import take_draft, take_quote

LONGEST_REASON = 2000


@transaction.atomic
def send_quote(actor: User, quote_id: int, *, to: str = "") -> Quote:
    """Send a draft: from now on it never changes, has a number, and can be looked at by its link.

    The version before, if it still waits, is withdrawn. Mailing the link is a step of its own:
    :func:`mail_quote`.

    Parameters
    ----------
    to
        The address that it goes to, to be kept with it.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it was sent already, has expired, our own name is missing, or it gives a discount
        beyond the limit that nobody has approved.
    """
    quote = take_draft(actor, quote_id)
    now = timezone.now()
    letterhead = get_letterhead()
    if not letterhead.name:
        raise ValidationError(_("Fill in your company's name first, under Company details."))
    if quote.valid_until < timezone.localdate(now):
        raise ValidationError(_("It would have expired already; choose a later day."))
    _require_approval(quote)
    quote.seller, quote.logo = letterhead.freeze(), letterhead.logo
    quote.number = quote.number or take_number(PaperKind.QUOTE, timezone.localdate(now))
    quote.state, quote.sent_at, quote.sent_by, quote.sent_to = QuoteState.SENT, now, actor, to
    quote.link_id = new_link_id()
    quote.save()
    _withdraw_earlier(quote)
    record_audit(actor, "send_quote", quote, deal=quote.deal_id, total=str(quote.total))
    tell_quote(quote, "quote_sent", now)
    advance_deal(quote.deal_id, by=_("Quote %s was sent.") % quote.title)
    return quote


def _require_approval(quote: Quote) -> None:
    limits = list(DiscountLimit.objects.all())
    lines = list(quote.lines.select_related("product"))
    role = role_of(quote.deal)
    beyond = excess([limit for limit in limits if limit.role == role], lines)
    if beyond is None:
        return
    approved = Approval.objects.filter(deal=quote.deal, state=ApprovalState.APPROVED)
    given = approved.select_related("answered_by").order_by("-id")
    if find_approval(given, beyond, lines, limits) is None:
        message = _("The discount of %(rate)s %% is beyond the limit; ask for approval first.")
        raise ValidationError(message % {"rate": f"{(beyond * 100).normalize():f}"})


def _withdraw_earlier(quote: Quote) -> None:
    earlier = Quote.objects.filter(number=quote.number, state__in=WAITING).exclude(pk=quote.pk)
    earlier.update(state=QuoteState.WITHDRAWN, reason=_("Replaced by %s.") % quote.title)


def mail_quote(actor: User, quote_id: int, to: str, message: str = "") -> bool:
    """Mail a sent quote's link; return whether the mail server took it.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it was not sent yet, its link was revoked, the address is none, or the message is too
        long.
    """
    with transaction.atomic():
        quote = take_quote(actor, quote_id)
        if quote.is_draft or not quote.link_id:
            raise ValidationError(_("There is no link to mail; send the quote first."))
        check_mail(to, message)
        quote.sent_to = to
        quote.save(update_fields=["sent_to"])
        record_audit(actor, "mail_quote", quote, to=to)
    return mail_paper(quote, quote.title, to, message, link=link_url(quote))


@transaction.atomic
def withdraw_quote(actor: User, quote_id: int, reason: str) -> Quote:
    """Take a quote back that waits for its answer: its page says so from now on.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it doesn't wait, or no reason is given.
    """
    quote = take_quote(actor, quote_id)
    if quote.state not in WAITING:
        raise ValidationError(_("Only a quote that waits for its answer can be withdrawn."))
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        raise ValidationError(_("Say why."))
    quote.state, quote.reason = QuoteState.WITHDRAWN, reason.strip()
    quote.save(update_fields=["state", "reason"])
    record_audit(actor, "withdraw_quote", quote, reason=quote.reason)
    tell_quote(quote, "quote_withdrawn", timezone.now())
    return quote


@transaction.atomic
def revoke_link(actor: User, quote_id: int) -> Quote:
    """Let a quote's link open nothing any more; raises as :func:`renew_link` does."""
    quote = _take_sent(actor, quote_id)
    quote.link_id = ""
    quote.save(update_fields=["link_id"])
    record_audit(actor, "revoke_quote_link", quote)
    return quote


@transaction.atomic
def renew_link(actor: User, quote_id: int) -> Quote:
    """Give a quote another link; the one before opens nothing any more.

    Raises
    ------
    PermissionDenied, Quote.DoesNotExist
        As for every verb on a quote.
    ValidationError
        If it was not sent yet.
    """
    quote = _take_sent(actor, quote_id)
    quote.link_id = new_link_id()
    quote.save(update_fields=["link_id"])
    record_audit(actor, "renew_quote_link", quote)
    return quote


def _take_sent(actor: User, quote_id: int) -> Quote:
    quote = take_quote(actor, quote_id)
    if quote.is_draft:
        raise ValidationError(_("A draft has no link; send it first."))
    return quote

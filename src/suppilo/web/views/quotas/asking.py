"""Which quotas a page asks for, read from its address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from suppilo.apps.pipelines.models import Pipeline
from suppilo.apps.quotas.models import Measure, Span
from suppilo.apps.quotas.periods import Period, period_of, read_period
from suppilo.apps.quotas.selectors import QuotaQuestion

USUAL_CURRENCY = "EUR"


class QuotaForm(forms.Form):
    """What is counted, of which deals."""

    measure = forms.ChoiceField(
        label=gettext_lazy("Measure"), choices=Measure.choices, required=False
    )
    currency = forms.RegexField(r"^[A-Za-z]{3}$", label=gettext_lazy("Currency"), required=False)
    pipeline = forms.TypedChoiceField(
        label=gettext_lazy("Pipeline"), coerce=int, empty_value=None, required=False
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        """Offer the pipelines there are."""
        super().__init__(*given, **more)
        field = self.fields["pipeline"]
        if isinstance(field, forms.ChoiceField):
            there = Pipeline.objects.filter(is_archived=False).values_list("pk", "name")
            field.choices = [("", _("All")), *((str(number), name) for number, name in there)]


def read_question(query: Mapping[str, str], form: QuotaForm) -> QuotaQuestion:
    """Return what the address asks for; this month's won amount where it doesn't say."""
    form.is_valid()
    given = form.cleaned_data
    measure = Measure(given.get("measure") or Measure.WON_AMOUNT)
    currency = (given.get("currency") or _own_currency(given.get("pipeline"))).upper()
    return QuotaQuestion(
        _read_period(query.get("period", "")),
        measure,
        currency if measure == Measure.WON_AMOUNT else "",
        given.get("pipeline"),
    )


def _own_currency(pipeline_id: int | None) -> str:
    found = Pipeline.objects.filter(is_archived=False)
    if pipeline_id is not None:
        found = found.filter(pk=pipeline_id)
    return found.values_list("currency", flat=True).first() or USUAL_CURRENCY


def _read_period(text: str) -> Period:
    try:
        return read_period(text)
    except ValueError:
        return period_of(Span.MONTH, timezone.localdate())


def query_of(asked: QuotaQuestion, **more: str) -> str:
    """Return a question as an address has it."""
    query = {"period": asked.period.key, "measure": str(asked.measure)}
    if asked.currency:
        query["currency"] = asked.currency
    if asked.pipeline is not None:
        query["pipeline"] = str(asked.pipeline)
    return urlencode(query | more)


def board_url(asked: QuotaQuestion, **more: str) -> str:
    """Return the address of a question's board."""
    return f"{reverse('quotas')}?{query_of(asked, **more)}"


def period_name(period: Period) -> str:
    """Return a period in words: November 2026, Q4 2026."""
    if period.span == Span.MONTH:
        return date_format(period.starts_on, "F Y")
    return f"{period.key[-2:]} {period.starts_on.year}"

"""How forms are drawn: ``{{ form }}`` and ``{{ field.as_field_group }}`` look the same all over."""

from typing import Any

from django import forms
from django.forms import BaseForm
from django.forms.renderers import DjangoTemplates
from django.utils.translation import gettext_lazy

_OWN = {"django/forms/widgets/select.html": "includes/select.html"}


class FormRenderer(DjangoTemplates):
    """Draws forms with the templates of ``includes/``."""

    form_template_name = "includes/form.html"
    field_template_name = "includes/field.html"

    def get_template(self, template_name: str) -> Any:
        """Return a template; a choice is drawn with ours, which asks no other for each option."""
        return super().get_template(_OWN.get(template_name, template_name))


class MailForm(forms.Form):
    """Whom to mail a quote or an invoice, and what to say with it."""

    to = forms.EmailField(label=gettext_lazy("To"))
    message = forms.CharField(
        label=gettext_lazy("Message"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def status_of(form: BaseForm) -> int:
    """Return the HTTP status of a page with a form: 422 if what was sent is refused."""
    return 422 if form.errors else 200

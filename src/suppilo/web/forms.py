"""How forms are drawn: ``{{ form }}`` and ``{{ field.as_field_group }}`` look the same all over."""

from django.forms import BaseForm
from django.forms.renderers import DjangoTemplates


class FormRenderer(DjangoTemplates):
    """Draws forms with the templates of ``includes/``."""

    form_template_name = "includes/form.html"
    field_template_name = "includes/field.html"


def status_of(form: BaseForm) -> int:
    """Return the HTTP status of a page with a form: 422 if what was sent is refused."""
    return 422 if form.errors else 200

"""Lists as people type them: one entry a line, or between commas."""

from __future__ import annotations

from typing import Any

from django import forms

_LONGEST, _MOST = 255, 500


class LinesField(forms.CharField):
    """A field for several texts, one a line."""

    def __init__(self, *, label: Any, required: bool = True, help_text: Any = "") -> None:
        """Draw it as a small text area."""
        super().__init__(
            label=label, required=required, help_text=help_text, max_length=20_000,
            widget=forms.Textarea(attrs={"rows": 3}),
        )  # fmt: skip

    def clean(self, value: Any) -> Any:
        """Return the texts, each once, in the order in which they came."""
        return split_lines(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Write texts one a line."""
        return "\n".join(map(str, value)) if isinstance(value, list | tuple) else value


def split_lines(text: str) -> list[str]:
    """Return the texts of lines; empty ones and repetitions are left out."""
    found = (line.strip()[:_LONGEST] for line in text.splitlines())
    return list(dict.fromkeys(filter(None, found)))[:_MOST]

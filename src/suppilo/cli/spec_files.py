"""Questions that are kept in files: JSON, or YAML by the file's ending."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_spec(file: Path, key: str = "steps") -> dict[str, Any]:
    """Return the object that a JSON or YAML file holds; ``key`` is what it must have.

    Raises
    ------
    DefinitionError
        If it holds something else; the message names the file.
    OSError
        If it can't be read.
    """
    from suppilo.analytics.funnel.spec import DefinitionError

    try:
        text = file.read_text(encoding="utf-8-sig")
        spec = _parse_yaml(text) if file.suffix.lower() in {".yaml", ".yml"} else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DefinitionError(f"{file}: {error}") from error
    if not isinstance(spec, dict):
        raise DefinitionError(f'{file} must hold an object with "{key}"')
    return spec


def _parse_yaml(text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error

"""Draws one page as PDF in a process of its own: a paper on stdin, its PDF on stdout.

The process has so much memory and time and no more, sees a folder of its own only, and ends with
the page. What people wrote arrives as JSON and is set as text; none of it is ever markup.
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

_TEMPLATE = Path(__file__).parent / "typst" / "paper.typ"
_MOST_MEMORY = 2 << 30
_MOST_SECONDS = 10


def main() -> None:
    """Read a paper from stdin, write its PDF to stdout."""
    _bound()
    asked = json.load(sys.stdin)
    sys.stdout.buffer.write(draw(asked["paper"], b64decode(asked["logo"]), asked["at"]))


def draw(paper: dict[str, Any], logo: bytes, at: int) -> bytes:
    """Return a paper as PDF; ``at`` (seconds) is what it says of when it was made."""
    import typst

    fonts = typst.Fonts(include_system_fonts=False)
    with TemporaryDirectory(prefix="suppilo-paper-") as name:
        folder = Path(name)
        (folder / "paper.typ").write_bytes(_TEMPLATE.read_bytes())
        (folder / "paper.json").write_text(json.dumps(paper), "utf-8")
        if logo:
            (folder / "logo.png").write_bytes(logo)
        return typst.compile(
            str(folder / "paper.typ"), root=str(folder), font_paths=fonts, timestamp=at
        )


def _bound() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the caller's clock still holds.
        return
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_SECONDS, _MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))


if __name__ == "__main__":
    main()

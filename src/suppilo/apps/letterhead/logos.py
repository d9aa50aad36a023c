"""Pictures that people upload: looked at, and drawn anew before anything else sees them."""

from __future__ import annotations

import hashlib
import warnings
from dataclasses import dataclass
from io import BytesIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_BYTES = 2 << 20
MOST_PIXELS = 25_000_000
_LARGEST = (1200, 480)
_FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True)
class DrawnLogo:
    """A picture as PNG, with nothing in it but its pixels."""

    png: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        """What the picture is known by."""
        return hashlib.sha256(self.png).hexdigest()


def draw_anew(content: bytes) -> DrawnLogo:
    """Return an uploaded picture as a PNG of at most 1200 × 480 pixels.

    What kind of picture it is says the picture itself, not its name; of what it carries besides
    its pixels nothing is kept.

    Raises
    ------
    ValidationError
        If it is no PNG, JPEG or WebP picture, or larger than 2 MB or 25 million pixels.
    """
    if len(content) > MOST_BYTES:
        raise ValidationError(_("The picture is larger than 2 MB; make it smaller."))
    try:
        # Pillow warns of a picture that unpacks to far more than it should: that is refused too.
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return _draw(content)
    except ValidationError:
        raise
    except (OSError, ValueError, SyntaxError, Warning, EOFError, MemoryError) as error:
        raise ValidationError(_("This is no PNG, JPEG or WebP picture.")) from error


def _draw(content: bytes) -> DrawnLogo:
    from PIL import Image

    with Image.open(BytesIO(content), formats=_FORMATS) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise ValidationError(_("The picture has too many pixels; make it smaller."))
        drawn = picture.convert("RGBA")
    drawn.thumbnail(_LARGEST)
    target = BytesIO()
    drawn.save(target, "PNG", optimize=True)
    return DrawnLogo(target.getvalue(), drawn.width, drawn.height)

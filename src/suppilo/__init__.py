"""Suppilo: sales funnels on open event tables.

``suppilo.funnel(events, steps=["view", "cart", "pay"], window="7d")`` counts one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suppilo.notebook import Funnel, funnel

__version__ = "0.1.0"
__all__ = ["Funnel", "__version__", "funnel"]


def __getattr__(name: str) -> Any:
    # Loaded when first used: the command's --help must not wait for numpy.
    if name in {"Funnel", "funnel"}:
        from suppilo import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

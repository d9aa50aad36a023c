"""How many threads work on one matrix."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module


@contextmanager
def one_thread(*modules: str) -> Iterator[None]:
    """Have matrices worked on by one thread: small ones make threads mostly wait for each other.

    Parameters
    ----------
    modules
        Whose threads they are; loaded first, for only pools that exist already can be limited.
    """
    from threadpoolctl import threadpool_limits

    for module in modules:
        import_module(module)
    with threadpool_limits(1):
        yield

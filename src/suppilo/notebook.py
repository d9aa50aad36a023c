"""Funnels in a notebook or a script: ``suppilo.funnel(events, steps=[...], window="7d")``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suppilo.analytics.funnel import (
    DefinitionError,
    FunnelDefinition,
    FunnelReport,
    FunnelResult,
    parse_step,
)
from suppilo.sources import OpenedSource, SourceError, ask_funnel, open_sources, open_table

if TYPE_CHECKING:
    import pyarrow as pa

    from suppilo.analytics.funnel.report import Correlation
    from suppilo.analytics.funnel.times import TimeToConvert


@dataclass(frozen=True, repr=False)
class Funnel:
    """A funnel's answer, shown as a picture where a notebook shows values.

    ``report`` has the figures; the methods lead on to times, correlations and paths.
    """

    report: FunnelReport
    result: FunnelResult
    _source: OpenedSource

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as the command's ``--json`` prints them."""
        return self.report.to_dict()

    def time_to_convert(self, from_step: int = 1, to_step: int | None = None) -> TimeToConvert:
        """Return how long it takes from one required step (from 1) to a later one."""
        from suppilo.analytics.funnel.times import time_to_convert

        return time_to_convert(self.result, from_step, to_step)

    def correlations(self) -> tuple[Correlation, ...]:
        """Return what other events and values go with conversion, strongest first."""
        from suppilo.analytics.funnel.correlation import correlate

        return correlate(self.result, self._source.events)

    def paths(self) -> pa.Table:
        """Return each counted path: how far it went, when, and by which events."""
        import pyarrow as pa

        from suppilo.analytics.funnel.listing import list_paths, path_columns

        rows = list(list_paths(self.result, self._source.events))
        return pa.table({name: [row[name] for row in rows] for name in path_columns(self.result)})

    def __repr__(self) -> str:
        """Return the steps with their counts, on one line."""
        return f"Funnel({', '.join(f'{s.name}: {s.count:,}' for s in self.report.steps)})"

    def __str__(self) -> str:
        """Return the funnel as the terminal shows it."""
        from suppilo.charts.terminal import render_terminal

        return render_terminal(self.report, 100)

    def _repr_html_(self) -> str:
        from suppilo.charts.html import render_fragment

        return render_fragment(self.report)


def funnel(
    events: Any,
    steps: Sequence[str | dict[str, Any]],
    *,
    path: str | None = None,
    event: str | None = None,
    at: str | None = None,
    timezone: str | None = None,
    wide: str | None = None,
    threads: int | None = None,
    **options: Any,
) -> Funnel:
    """Count a funnel.

    Parameters
    ----------
    events
        A file, a pattern, a lake's folder or a list of files; or a pandas or Polars frame, an
        Arrow table or a DuckDB relation.
    steps
        Event names, steps as on the command line (``"purchase where price > 10"``), or objects
        as in the JSON form.
    path, event, at
        The columns of path, event and time; guessed where not given.
    timezone
        The zone of times without an offset, and of entry dates.
    wide
        For files with one row per path: ``"first_contact_date=lead,won_date=won"``.
    threads
        How many ranges of paths are walked at once; by default as many as processors.
    options
        The rest of the JSON form: ``window``, ``order``, ``by``, ``every``, ``exclude`` and so on;
        ``from_`` stands for ``from``.

    Raises
    ------
    DefinitionError, WhereError
        If the question can't be asked.
    InputError, LakeError, SourceError
        If the events can't be read.

    Examples
    --------
    >>> import pyarrow as pa
    >>> rows = [("ann", "view", 1), ("ann", "buy", 2), ("bob", "view", 3)]
    >>> table = pa.table({
    ...     "user_id": [r[0] for r in rows], "event": [r[1] for r in rows],
    ...     "at": pa.array([r[2] for r in rows], pa.timestamp("s", "UTC"))})
    >>> [step.count for step in funnel(table, ["view", "buy"], window="7d").report.steps]
    [2, 1]
    """
    if "from_" in options:
        options["from"] = options.pop("from_")
    if isinstance(steps, str):
        raise DefinitionError(f"steps is a list, also of one step: [{steps!r}]")
    asked = [parse_step(step) if isinstance(step, str) else step for step in steps]
    spec = {"steps": asked, **options} | ({} if timezone is None else {"timezone": timezone})
    definition = FunnelDefinition.from_dict(spec)
    opened = _open(events, path, event, at, timezone, wide)
    result, report = ask_funnel(opened, definition, threads)
    return Funnel(report, result, opened)


def _open(
    events: Any,
    path: str | None,
    event: str | None,
    at: str | None,
    timezone: str | None,
    wide: str | None,
) -> OpenedSource:
    from suppilo.io.mapping import Mapping

    mapping = Mapping(path, event, at, timezone=timezone, wide=wide)
    if isinstance(events, str | Path):
        return open_sources([events], mapping)
    if isinstance(events, list | tuple):
        return open_sources(events, mapping)
    if wide is not None:
        raise SourceError("wide= is for files; in a frame, put one event in each row")
    return open_table(_as_arrow(events), mapping)


def _as_arrow(events: Any) -> pa.Table:
    """Return a frame of any of the known kinds as an Arrow table."""
    import pyarrow as pa

    if isinstance(events, pa.Table):
        return events
    if isinstance(events, pa.RecordBatch):
        return pa.Table.from_batches([events])
    for method in ("to_arrow_table", "to_arrow"):
        if hasattr(events, method):
            return pa.table(getattr(events, method)())
    if type(events).__module__.startswith("pandas"):
        return pa.Table.from_pandas(events, preserve_index=False)
    if hasattr(events, "__arrow_c_stream__"):
        return pa.table(events)
    raise SourceError(
        f"can't read events from {type(events).__name__}; give a file, a lake's folder, a pandas "
        "or Polars frame, an Arrow table or a DuckDB relation"
    )

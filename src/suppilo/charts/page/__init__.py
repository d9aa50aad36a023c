"""Pictures for the server's pages: SVG whose colours are the page's own, whose marks are links.

They are drawn by a few functions rather than by a chart library, because a page asks for them at
each change of a question: they take about a millisecond. Each has a table beside it, which is what
a screen reader reads; the picture itself is hidden from it.
"""

from suppilo.charts.page.bars import bars_picture
from suppilo.charts.page.changes import ChangeBar, changes_picture
from suppilo.charts.page.curves import Curve, curves_picture
from suppilo.charts.page.levels import LevelMark, levels_picture
from suppilo.charts.page.lifts import lift_picture
from suppilo.charts.page.responses import ResponseMark, response_picture
from suppilo.charts.page.retention import Course, retention_picture
from suppilo.charts.page.rows import RowBar, rows_picture
from suppilo.charts.page.spans import differences_picture, spans_picture
from suppilo.charts.page.times import times_picture
from suppilo.charts.page.trend import trend_picture

__all__ = [
    "ChangeBar",
    "Course",
    "Curve",
    "LevelMark",
    "ResponseMark",
    "RowBar",
    "bars_picture",
    "changes_picture",
    "curves_picture",
    "differences_picture",
    "levels_picture",
    "lift_picture",
    "response_picture",
    "retention_picture",
    "rows_picture",
    "spans_picture",
    "times_picture",
    "trend_picture",
]

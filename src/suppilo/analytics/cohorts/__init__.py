"""Cohorts and retention: who came back, by when they first came.

A cohort is all paths whose *first* event of some names lies in one day, week or month of a time
zone's calendar; somebody belongs to one cohort only. Coming back is a later event, at another
moment than the entry: the entry itself never counts. What columns mean:

classic
    Column k: came back in the k-th period of the calendar after the entry's own, which is 0.
rolling
    Column k: came back in the k-th period or in any later one until the end of the observation.
bracket
    Column a-b: came back on one of the days a to b after the entry's own day, which is 0. Days
    are those of the calendar: one on which clocks change has 23 or 25 hours.

A cell is **complete** when its time had ended for the whole cohort at the end of the observation:
of classic and rolling retention the cohort's period k had ended, of brackets the b-th day after
the cohort's last day. Cells whose time had begun for somebody are told, but marked; those whose
time had not begun for anybody do not exist. The average is over complete cells only, weighted by
members: all that came back of all members. Rolling retention rises with time also in complete
cells, because who stayed away may still come: compare cohorts by it only at equal age.

Money is the sum of an amount of the events that count as coming back, from the entry on, the
entry's own included, by the period or days in which it was paid.

Source of the names: the retention reports of product analytics; the intervals are Wilson's
(:func:`suppilo.analytics.intervals.wilson_interval`).
"""

from suppilo.analytics.cohorts.question import (
    CohortQuestion,
    Kind,
    format_brackets,
    parse_brackets,
)
from suppilo.analytics.cohorts.report import Cohort, CohortCell, CohortReport, CohortResult, Money
from suppilo.analytics.cohorts.run import count_cohorts, run_cohorts

__all__ = [
    "Cohort",
    "CohortCell",
    "CohortQuestion",
    "CohortReport",
    "CohortResult",
    "Kind",
    "Money",
    "count_cohorts",
    "format_brackets",
    "parse_brackets",
    "run_cohorts",
]

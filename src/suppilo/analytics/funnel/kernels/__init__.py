"""The compiled part: functions over one path's events, written as numba wants them.

``sequential`` is the fast way, ``ordered`` (with ``walks``, ``nodes``, ``matching`` and
``optional``) the general one, ``unordered`` the one for funnels in any order; ``merge`` and
``touches`` prepare and look up rows. :mod:`suppilo.analytics.funnel.feed` calls them.
"""

UNLIMITED = 2**61
"""Stands for "no limit" where a kernel takes a time or a length of time."""

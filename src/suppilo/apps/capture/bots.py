"""Which user agents are no person's: search engines, monitors, previews, headless browsers."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=8192)
def is_bot(user_agent: str) -> bool:
    """Return whether a user agent is one of the known bots' (crawler-user-agents)."""
    # Reading the list takes a while, so it is not done where nothing is captured.
    from crawleruseragents import is_crawler

    return bool(is_crawler(user_agent[:1024]))

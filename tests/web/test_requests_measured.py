"""What is noted of a request: its status, also where nobody waits for the answer."""

import asyncio
import logging

import pytest

from suppilo.web.measure import measure

SCOPE = {"type": "http", "method": "GET", "path": "/people/"}


async def leaves(scope, receive, send):
    """End without an answer, as Django does once the browser has gone."""


async def breaks(scope, receive, send):
    raise ZeroDivisionError


async def answers(scope, receive, send):
    await send({"type": "http.response.start", "status": 404})


async def nothing(*_message):
    return None


@pytest.mark.parametrize(
    ("application", "status", "level"),
    [(leaves, 499, "INFO"), (breaks, 500, "ERROR"), (answers, 404, "INFO")],
)
def test_a_sender_that_left_is_no_fault_of_the_server(application, status, level, caplog):
    with caplog.at_level(logging.INFO, "suppilo.requests"):
        try:
            asyncio.run(measure(application)(SCOPE, nothing, nothing))
        except ZeroDivisionError:
            assert application is breaks
    assert [(one.status, one.levelname) for one in caplog.records] == [(status, level)]

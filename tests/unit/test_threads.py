"""Matrices are worked on by one thread where that is asked for, and by as many as before after."""

from threadpoolctl import threadpool_info, threadpool_limits

from suppilo.analytics.threads import one_thread


def threads() -> set[int]:
    return {pool["num_threads"] for pool in threadpool_info()}


def test_one_thread_works_inside_and_as_many_as_before_afterwards():
    with one_thread("numpy", "scipy.linalg"), threadpool_limits(2):
        with one_thread():
            assert threads() == {1}
        assert threads() == {2}

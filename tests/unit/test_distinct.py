"""The different numbers among many."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from suppilo.analytics.distinct import distinct

NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3), max_size=60)


@given(numbers=NUMBERS, is_sorted=st.booleans())
def test_each_number_comes_once_in_order(numbers, is_sorted):
    given_ = np.array(sorted(numbers) if is_sorted else numbers, np.int64)
    before = given_.copy()
    found = distinct(given_)
    assert found.tolist() == sorted(set(numbers))
    assert found.dtype == np.int64
    assert (given_ == before).all()


def test_what_is_returned_can_be_changed_without_changing_what_was_given():
    for numbers in ([], [7], [1, 2], [2, 1]):
        given_ = np.array(numbers, np.int64)
        found = distinct(given_)
        found += 1
        assert given_.tolist() == numbers

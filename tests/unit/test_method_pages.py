"""Each page of a method has a worked example, and says when not to use it."""

import re
from pathlib import Path

import pytest

PAGES = sorted((Path(__file__).parents[2] / "docs/explanation/algorithms").glob("*.md"))
INDEX = Path(__file__).parents[2] / "docs/index.md"
EXAMPLE = re.compile(
    r"\*\*Example|```console|[Bb]y hand|^## (\w+ (deals|people)|Worked)|`a@0", re.M
)
"""What a worked example begins with on one page or another."""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_has_an_example_and_says_when_not_to_use_it(page):
    text = page.read_text("utf-8")
    assert re.search(r"^## (.*, and )?[Ww]hen not to (use|trust) it", text, re.M)
    assert EXAMPLE.search(text)


def test_every_page_is_in_the_index():
    index = INDEX.read_text("utf-8")
    assert PAGES
    assert [page.name for page in PAGES if f"algorithms/{page.name}" not in index] == []

"""The little that an entry's text may hold."""

from django.template.loader import render_to_string
from hypothesis import given, settings
from hypothesis import strategies as st

from suppilo.apps.salesbook.markup import read_blocks


def html(text):
    return render_to_string("salesbook/text.html", {"text": text}).strip()


def test_paragraphs_lists_and_bold_are_read():
    text = "Say **this** now:\nand this\n\n- one\n- **two**\n1. first\n2) second\nEnd"
    assert html(text) == (
        "<p>Say <strong>this</strong> now:<br>and this</p>"
        "<ul><li>one</li><li><strong>two</strong></li></ul>"
        "<ol><li>first</li><li>second</li></ol><p>End</p>"
    )


def test_everything_else_is_shown_as_it_was_typed():
    assert html("<script>x</script> [a](javascript:b) ** c ** &") == (
        "<p>&lt;script&gt;x&lt;/script&gt; [a](javascript:b) ** c ** &amp;</p>"
    )
    assert html("**<b>x</b>**") == "<p><strong>&lt;b&gt;x&lt;/b&gt;</strong></p>"


@given(
    st.text(alphabet=st.sampled_from("ab*-1. \n<>&\"'\r\t•"), max_size=80) | st.text(max_size=80)
)
@settings(max_examples=200, deadline=None)
def test_any_text_keeps_its_words_and_makes_no_tag_of_its_own(text):
    made = html(text)
    for tag in ("p", "ul", "ol", "li", "strong"):
        assert made.count(f"<{tag}>") == made.count(f"</{tag}>")
        made = made.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    assert "<" not in made.replace("<br>", "")
    kept = "".join(run.text for block in read_blocks(text) for line in block.lines for run in line)
    for letter in "ab":
        assert kept.count(letter) == text.count(letter)

"""The list of commands: what help says, and what the reference shows of it."""

from pathlib import Path

from cli.cli_calls import call

REFERENCE = Path(__file__).parents[2] / "docs/reference/cli.md"


def test_reference_shows_the_list_as_help_prints_it(capsys):
    printed = call(capsys, "--help")
    assert printed.code == 0
    shown = REFERENCE.read_text("utf-8").split("$ suppilo --help\n")[1].split("\n```")[0]
    assert shown.split() == printed.out.split()

"""``python -m suppilo``: the same as the ``suppilo`` command."""

from suppilo.cli.main import main

main()

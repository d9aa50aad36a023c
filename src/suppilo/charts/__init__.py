"""Results drawn: terminal, HTML, SVG, PNG, spreadsheets."""

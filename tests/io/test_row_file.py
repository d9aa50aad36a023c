"""Rows that were set aside are written up to a bound, and the rest is counted."""

from suppilo.io import row_file
from suppilo.io.rejects import UNREADABLE_TIME, RejectLog


def test_file_of_rejected_rows_is_bounded_and_says_how_many_more_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(row_file, "MOST_ROWS", 3)
    path = tmp_path / "rejected.csv"
    with RejectLog(path) as log:
        log.add_many("leads.csv", range(1, 1_204), "won_date", UNREADABLE_TIME, ["soon"] * 1_203)
    assert log.counts == {UNREADABLE_TIME: 1_203}
    lines = path.read_text().splitlines()
    assert len(lines) == 5
    assert lines[3] == "leads.csv,3,won_date,not a time,soon"
    assert lines[4] == ',,,"and 1,200 rows more, which this file has no room for",'


def test_long_cells_fill_the_file_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(row_file, "MOST_CHARACTERS", 100)
    file = row_file.RowFile(tmp_path / "noted.csv", ["text", "(problem)"], told_in=-1)
    for _row in range(5):
        file.write(["x" * 60, "long"])
    file.close()
    lines = (tmp_path / "noted.csv").read_text().splitlines()
    assert [line[:4] for line in lines] == ["text", "xxxx", "xxxx", ',"an']
    assert "3 rows more" in lines[-1]


def test_file_that_is_not_full_has_its_rows_alone(tmp_path):
    path = tmp_path / "rejected.csv"
    with RejectLog(path) as log:
        log.add("leads.csv", 7, "won_date", UNREADABLE_TIME, "=soon")
    assert path.read_text().splitlines()[1:] == ["leads.csv,7,won_date,not a time,'=soon"]

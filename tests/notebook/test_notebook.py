"""``suppilo.funnel``: one answer, whatever holds the events."""

from __future__ import annotations

import io
import subprocess
import sys
import warnings

import pytest

import suppilo
from cli.cli_calls import SHOP
from suppilo.analytics.funnel import DefinitionError
from suppilo.io.errors import InputError
from suppilo.lake import NotALakeError, WhereError
from suppilo.sources import SourceError

STEPS = ["view", "cart where price > 10", {"event": "pay", "name": "Paid"}]
WHOLE = SHOP.replace("u7,view,soon,,ad,hat\n", "")


@pytest.fixture
def file(tmp_path):
    file = tmp_path / "shop.csv"
    file.write_text(WHOLE)
    return file


def read_arrow(file):
    import pyarrow.csv as pa_csv

    # Empty text is a value of its own in Arrow; an empty cell is none.
    return pa_csv.read_csv(file, convert_options=pa_csv.ConvertOptions(strings_can_be_null=True))


@pytest.fixture
def table(file):
    return read_arrow(file)


def ask(events, **options):
    return suppilo.funnel(events, STEPS, window="7d", by="source", every="week", **options)


def pandas_frame(file):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import pandas as pd
    return pd.read_csv(file, parse_dates=["timestamp"])


def polars_frame(file):
    import polars as pl

    return pl.read_csv(file, try_parse_dates=True)


def duckdb_relation(file):
    import duckdb

    return duckdb.read_csv(str(file), connection=duckdb.connect())


def record_batch(file):
    return read_arrow(file).combine_chunks().to_batches()[0]


def arrow_reader(file):
    return read_arrow(file).to_reader()


def lake_folder(file):
    from suppilo.cli.main import main

    with pytest.raises(SystemExit):
        main(["import", str(file), "--lake", str(file.parent / "lake")])
    return file.parent / "lake"


KINDS = {
    "path": lambda file: file,
    "text": str,
    "list of files": lambda file: [file],
    "pattern": lambda file: str(file.parent / "*.csv"),
    "pandas": pandas_frame,
    "Polars": polars_frame,
    "DuckDB": duckdb_relation,
    "record batch": record_batch,
    "Arrow reader": arrow_reader,
    "lake": lake_folder,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_events_gives_the_same_figures(file, table, kind):
    expected = ask(table).to_dict()
    assert [step["count"] for step in expected["steps"]] == [5, 2, 1]
    assert ask(KINDS[kind](file)).to_dict() == expected


def test_several_files_are_one(file, tmp_path, table):
    header, *rows = WHOLE.splitlines(keepends=True)
    parts = [tmp_path / "a" / f"{number}.csv" for number in range(2)]
    parts[0].parent.mkdir()
    for number, part in enumerate(parts):
        part.write_text(header + "".join(rows[number::2]))
    assert ask(parts).to_dict() == ask(table).to_dict()
    assert ask(tuple(parts)).to_dict() == ask(table).to_dict()


def test_columns_of_other_names_are_named(file, table):
    renamed = table.rename_columns(["a", "b", "c", "price", "source", "product"])
    found = ask(renamed, path="a", event="b", at="c")
    assert found.to_dict() == ask(table).to_dict()


def test_numbers_as_paths_are_compared_as_the_same_text(tmp_path):
    import pyarrow as pa

    events = ["view", "pay"]
    at = pa.array([1, 2], pa.timestamp("s", "UTC"))
    for paths in ([7, 7], [7.0, 7.0], ["7", "7"]):
        table = pa.table({"user_id": paths, "event": events, "at": at})
        found = suppilo.funnel(table, events)
        assert [step.count for step in found.report.steps] == [1, 1]
        assert found.paths()["path"].to_pylist() == ["7"]


def test_wide_files_are_read_as_on_the_command_line(tmp_path):
    (tmp_path / "leads.csv").write_text("id,first,won\na,2026-01-01,2026-01-09\nb,2026-01-02,\n")
    found = suppilo.funnel(
        tmp_path / "leads.csv", ["lead", "won"], wide="first=lead,won=won", timezone="UTC"
    )
    assert [step.count for step in found.report.steps] == [2, 1]


def test_naive_times_in_a_frame_need_a_zone(file):
    frame = pandas_frame(file)
    frame["timestamp"] = frame["timestamp"].dt.tz_localize(None)
    with pytest.raises(InputError, match="add --timezone"):
        ask(frame)
    riga = ask(frame, timezone="Europe/Riga").report
    assert riga.to_dict()["as_of"] == "2026-01-18T10:00:00+02:00"
    assert riga.buckets[0].start == "2025-12-29"


def test_dates_of_entry_and_other_options_are_taken(table):
    found = suppilo.funnel(
        table, ["view", "cart"], from_="2026-01-05", to="2026-01-17", entry="first", threads=2
    )
    assert found.report.definition.entry == "first"
    assert [step.count for step in found.report.steps] == [2, 1]


# --- what the answer can do


def test_rows_that_could_not_be_used_are_in_the_answer(tmp_path):
    file = tmp_path / "shop.csv"
    file.write_text(SHOP)
    found = ask(file).to_dict()
    assert found["rejected"] == {"rows": 1, "reasons": {"not a time": 1}}


def test_the_answer_is_what_the_command_prints(capsys, file):
    import json

    from cli.cli_calls import call

    answer = call(capsys, "funnel", file, "--step", "view", "--step", "pay", "--json")
    assert suppilo.funnel(file, ["view", "pay"]).to_dict() == json.loads(answer.out)


def test_a_notebook_shows_the_figures_as_html(file):
    shown = ask(file)._repr_html_()
    for text in ("view", "Paid", "40.0", "20.0", "source"):
        assert text in shown
    assert "<script" not in shown
    assert "<html" not in shown


def test_names_from_outside_are_text_in_html(table):
    import pyarrow as pa
    import pyarrow.compute as pc

    evil = "<script>alert(1)</script>"
    event = pc.replace_substring(table["event"], "view", evil)
    hostile = table.set_column(1, "event", event.cast(pa.string()))
    assert "<script" not in suppilo.funnel(hostile, [{"event": evil}, "pay"])._repr_html_()


def test_as_text_it_is_what_the_terminal_shows(file):
    shown = str(ask(file))
    assert "What was counted" in shown
    assert "20.0 %" in shown
    assert repr(ask(file)) == "Funnel(view: 5, cart: 2, Paid: 1)"


def test_the_paths_behind_the_figures_are_a_table(file):
    found = ask(file)
    paths = found.paths()
    for place, step in enumerate(found.report.steps, 1):
        assert sum(steps >= place for steps in paths["steps"].to_pylist()) == step.count
    assert paths.column_names[:3] == ["path", "steps", "outcome"]
    assert dict(zip(*(paths[name].to_pylist() for name in ("path", "outcome")), strict=True)) == {
        "=1+1": "converted", "u2": "dropped", "u3": "dropped", "u4": "open", "u6": "open",
    }  # fmt: skip


def test_a_funnel_that_nobody_enters_has_a_table_without_rows(file):
    paths = suppilo.funnel(file, ["pay"], from_="2027-01-01").paths()
    assert (paths.num_rows, paths.column_names[0]) == (0, "path")


def test_times_and_correlations_lead_on(file):
    found = ask(file)
    times = found.time_to_convert()
    assert (times.from_step, times.to_step, times.converted) == ("view", "Paid", 1)
    assert times.median_seconds == 86_400
    assert found.time_to_convert(1, 2).converted == 2
    assert found.correlations() == ()


# --- mistakes


def test_what_holds_no_events_is_refused_by_its_kind():
    for thing in ({"user_id": [1]}, 3, None, io.StringIO()):
        with pytest.raises(SourceError, match=f"can't read events from {type(thing).__name__};"):
            suppilo.funnel(thing, ["a"])


def test_wide_is_for_files(table):
    with pytest.raises(SourceError, match="wide= is for files; in a frame, put one event"):
        suppilo.funnel(table, ["a"], wide="first=lead")


def test_unknown_names_and_options_name_the_nearest(table):
    with pytest.raises(DefinitionError, match="step 1: no event is called 'veiw'; did you mean"):
        suppilo.funnel(table, ["veiw"])
    with pytest.raises(DefinitionError, match='unknown key "windw"; did you mean "window"'):
        suppilo.funnel(table, ["view"], windw="7d")
    with pytest.raises(WhereError, match="did you mean"):
        suppilo.funnel(table, ["view where prise > 3"])
    with pytest.raises(DefinitionError, match="must be a list of at least one step"):
        suppilo.funnel(table, [])


def test_one_step_given_as_text_is_not_taken_letter_by_letter(table):
    with pytest.raises(DefinitionError, match=r"steps is a list, also of one step: \['view'\]"):
        suppilo.funnel(table, "view")


def test_columns_that_are_not_there_are_said(table):
    with pytest.raises(InputError, match="there is no column userid; did you mean user_id"):
        ask(table, path="userid")
    with pytest.raises(InputError, match="can't tell which column is the time"):
        suppilo.funnel(table.select(["user_id", "event"]), ["view"])


def test_files_and_folders_that_are_not_there_are_said(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        suppilo.funnel(tmp_path / "none.csv", ["a"])
    with pytest.raises(InputError, match="is a folder; name its files"):
        suppilo.funnel(tmp_path, ["a"])
    with pytest.raises(InputError, match="no file was named"):
        suppilo.funnel([], ["a"])
    (tmp_path / "suppilo-lake.json").write_text("{}")
    with pytest.raises(NotALakeError):
        suppilo.funnel(tmp_path, ["a"])


def test_an_empty_frame_is_said(table):
    with pytest.raises(SourceError, match="the table has no rows; there is nothing to count"):
        ask(table.slice(0, 0))


def test_importing_suppilo_loads_nothing_heavy():
    code = (
        "import sys, suppilo\n"
        "heavy = ('numpy', 'pyarrow', 'duckdb', 'numba', 'sqlglot', 'pandas', 'scipy')\n"
        "print([name for name in heavy if name in sys.modules])\n"
        "suppilo.funnel\n"
        "print([name for name in heavy[2:] if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["[]", "[]"]


def test_an_unknown_name_of_the_package_is_an_error():
    with pytest.raises(AttributeError, match="has no attribute 'funel'"):
        suppilo.funel  # noqa: B018

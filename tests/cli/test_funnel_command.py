"""``suppilo funnel``: what it prints and writes, and how it refuses."""

from __future__ import annotations

import csv
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from cli.cli_calls import COMMAND, SHOP, STEPS, call, refusal, run, write_shop

STEP_KEYS = {
    "name", "count", "conversion_rate", "step_conversion_rate", "lower", "upper", "drop_off",
    "open", "median_seconds", "mean_seconds", "p25_seconds", "p75_seconds",
}  # fmt: skip
WEEK = ("--window", "7d")


@pytest.fixture
def shop(tmp_path):
    return write_shop(tmp_path)


@pytest.fixture
def ask(capsys, shop):
    """Ask for JSON and return the object."""

    def ask(*arguments, source=shop):
        answer = call(capsys, "funnel", source, *arguments, "--json")
        assert answer.code == 0, answer.err
        assert answer.out.count("\n") == 1
        return json.loads(answer.out)

    return ask


@pytest.fixture
def refused(capsys, shop):
    return lambda *arguments, source=shop: refusal(capsys, "funnel", source, *arguments)


def read_rows(file):
    return list(csv.DictReader(file.read_text().splitlines()))


def counts(report):
    return [step["count"] for step in report["steps"]]


# --- figures


def test_json_is_exactly_one_object_with_the_documented_keys(ask):
    report = ask(*STEPS, *WEEK)
    assert list(report) == [
        "definition", "as_of", "paths", "excluded", "steps", "buckets", "breakdown", "rejected",
    ]  # fmt: skip
    assert all(set(step) >= STEP_KEYS for step in report["steps"])
    assert (report["buckets"], report["breakdown"]) == (None, None)
    assert report["rejected"] == {"rows": 1, "reasons": {"not a time": 1}}
    assert report["as_of"] == "2026-01-18T10:00:00+00:00"


def test_the_figures_are_those_counted_by_hand(ask):
    report = ask(*STEPS, *WEEK)
    assert counts(report) == [5, 3, 1]
    assert report["paths"] == 6
    view, cart, pay = report["steps"]
    assert (view["drop_off"], view["open"], cart["drop_off"], cart["open"]) == (1, 1, 1, 1)
    assert (cart["conversion_rate"], pay["step_conversion_rate"]) == (0.6, 1 / 3)
    # 1 h, 46 h and, from the second view on, 24 h.
    assert (cart["median_seconds"], cart["mean_seconds"]) == (24 * 3600, 71 / 3 * 3600)
    assert cart["outside"] == 0


def test_buckets_and_breakdown_have_their_documented_keys(ask):
    report = ask(*STEPS, *WEEK, "--every", "week", "--by", "source")
    assert [bucket["start"] for bucket in report["buckets"]] == [
        "2025-12-29", "2026-01-05", "2026-01-12",
    ]  # fmt: skip
    assert sum(bucket["steps"][0]["count"] for bucket in report["buckets"]) == 5
    breakdown = report["breakdown"]
    assert set(breakdown) >= {"by", "values", "twice", "none"}
    assert (breakdown["by"], breakdown["twice"], breakdown["none"]) == ("source", 0, 0)
    assert {v["value"]: counts(v) for v in breakdown["values"]} == {
        "ad": [3, 2, 1], "mail": [2, 1, 0],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (STEPS, [5, 3, 1]),
        ((*STEPS, "--order", "any"), [6, 3, 1]),
        ((*STEPS, "--order", "strict"), [5, 3, 1]),
        ((*STEPS, "--window", "2h"), [5, 1, 0]),
        ((*STEPS, "--entry", "first", *WEEK), [5, 2, 1]),
        ((*STEPS, "--hold", "product"), [5, 2, 1]),
        ((*STEPS, "--from", "2026-01-05", "--to", "2026-01-17"), [2, 1, 0]),
        ((*STEPS, "--as-of", "2026-01-02"), [2, 1, 0]),
        (("--step", "view", "--step", "cart where price > 10"), [5, 2]),
        (("--step", "*", "--step", "cart | pay"), [6, 3]),
        (("--step", "view", "--step", "pay", "--exclude", "cart:1:2"), [2, 0]),
        (("--step", "view", "--step", "pay", "--exclude", "cart where price < 9:1:2"), [4, 1]),
        (("--step", "view", "--count", "attempts"), [6]),
    ],
)
def test_each_option_counts_as_defined(ask, options, expected):
    assert counts(ask(*options)) == expected


def test_an_exclusion_removes_or_stops_and_says_how_many_left(ask, tmp_path):
    story = {"ann": ("view", "cart", "refund", "pay"), "bob": ("view", "cart", "pay")}
    rows = [
        f"{path},{event},2026-01-01T10:00:0{second}Z\n"
        for path, events in story.items()
        for second, event in enumerate(events)
    ]
    file = tmp_path / "refunds.csv"
    file.write_text("user_id,event,timestamp\n" + "".join(rows))
    removed = ask(*STEPS, "--exclude", "refund:2:3", source=file)
    assert (counts(removed), removed["excluded"]) == ([1, 1, 1], 1)
    stopped = ask(*STEPS, "--exclude", "refund:2:3", "--on-exclusion", "stop", source=file)
    assert (counts(stopped), stopped["excluded"]) == ([2, 1, 1], 0)


def test_the_number_of_threads_changes_nothing(ask):
    one, two = (ask(*STEPS, "--by", "source", "--threads", n) for n in (1, 2))
    assert one == two


def test_correlations_come_where_asked_for(ask):
    assert ask(*STEPS, "--correlate")["correlations"] == []
    assert "correlations" not in ask(*STEPS)


def test_days_are_those_of_the_time_zone(ask):
    report = ask(*STEPS, "--every", "day", "--timezone", "Pacific/Kiritimati")
    assert report["buckets"][0]["start"] == "2026-01-02"
    assert report["as_of"] == "2026-01-19T00:00:00+14:00"
    assert report["definition"]["timezone"] == "Pacific/Kiritimati"


def test_a_wide_table_of_two_files_is_one_funnel(capsys, tmp_path):
    (tmp_path / "leads.csv").write_text("id,first,origin\na,2026-01-01,web\nb,2026-01-02,fair\n")
    (tmp_path / "deals.csv").write_text("id,won\na,2026-01-09\n")
    answer = call(
        capsys, "funnel", tmp_path / "leads.csv", tmp_path / "deals.csv", "--wide",
        "first=lead,won=won", "--timezone", "UTC", "--step", "lead", "--step", "won",
        "--by", "origin", "--json",
    )  # fmt: skip
    report = json.loads(answer.out)
    assert counts(report) == [2, 1]
    assert [value["value"] for value in report["breakdown"]["values"]] == ["fair", "web"]
    assert report["steps"][1]["median_seconds"] == 8 * 86_400


def test_files_of_every_kind_count_alike(ask, tmp_path, shop):
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq
    import zstandard

    lines = [line for line in SHOP.splitlines() if "soon" not in line]
    plain = "\n".join(lines).encode() + b"\n"
    (tmp_path / "s.csv").write_bytes(plain)
    (tmp_path / "s.csv.gz").write_bytes(gzip.compress(plain))
    (tmp_path / "s.csv.zst").write_bytes(zstandard.compress(plain))
    (tmp_path / "s.tsv").write_bytes(plain.replace(b",", b"\t"))
    pq.write_table(pa_csv.read_csv(tmp_path / "s.csv"), tmp_path / "s.parquet")
    rows = csv.DictReader(lines)
    (tmp_path / "s.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = ask(*STEPS, *WEEK, source=tmp_path / "s.csv")
    for name in ("s.csv.gz", "s.csv.zst", "s.tsv", "s.parquet", "s.jsonl"):
        assert ask(*STEPS, *WEEK, source=tmp_path / name) == expected, name


def test_a_pattern_takes_all_its_files(ask, tmp_path, shop):
    header, *rows = SHOP.splitlines(keepends=True)
    for number in range(3):
        (tmp_path / f"part-{number}.csv").write_text(header + "".join(rows[number::3]))
    assert counts(ask(*STEPS, source=tmp_path / "part-*.csv")) == [5, 3, 1]


# --- specifications

SPEC = {
    "steps": [
        {"name": "Seen", "event": "view"},
        {"event": ["cart", "pay"], "where": "price > 10", "within": "1d"},
    ],
    "window": "7d",
    "by": "source",
    "exclude": [{"event": "pay", "after": 1, "before": 2}],
    "from": "2026-01-01",
    "as_of": "2026-02-01T00:00:00Z",
    "every": "month",
    "timezone": "Europe/Riga",
}


def test_a_specification_in_json_and_in_yaml_is_the_same(ask, tmp_path):
    (tmp_path / "f.json").write_text(json.dumps(SPEC))
    (tmp_path / "f.yaml").write_text(yaml.safe_dump(SPEC))
    # Dates without quotes are dates in YAML.
    (tmp_path / "g.yml").write_text(yaml.safe_dump(SPEC).replace("'2026-01-01'", "2026-01-01"))
    found = [ask("--spec", tmp_path / name) for name in ("f.json", "f.yaml", "g.yml")]
    assert found[0] == found[1] == found[2]
    assert counts(found[0]) == [5, 2]
    assert found[0]["definition"]["from"] == "2026-01-01T00:00:00+02:00"
    assert found[0]["steps"][0]["name"] == "Seen"


def test_options_override_the_specification(ask, tmp_path):
    (tmp_path / "f.json").write_text(json.dumps(SPEC))
    report = ask("--spec", tmp_path / "f.json", "--window", "1h", "--by", "product", *STEPS)
    assert report["definition"]["window"] == "1h"
    assert report["breakdown"]["by"] == "product"
    assert [step["name"] for step in report["steps"]] == ["view", "cart", "pay"]
    assert report["definition"]["timezone"] == "Europe/Riga"


def test_the_definition_that_was_used_can_be_asked_again(ask, tmp_path):
    first = ask(*STEPS, *WEEK, "--by", "source", "--every", "day", "--exclude", "pay:1:2")
    (tmp_path / "again.json").write_text(json.dumps(first["definition"]))
    assert ask("--spec", tmp_path / "again.json") == first


def test_the_zone_of_a_specification_is_that_of_times_without_one(ask, tmp_path):
    (tmp_path / "naive.csv").write_text(SHOP.replace("Z,", ","))
    for zone, hour in (("UTC", "10:00:00+00:00"), ("Europe/Riga", "10:00:00+02:00")):
        (tmp_path / "f.json").write_text(json.dumps({"steps": ["view"], "timezone": zone}))
        report = ask("--spec", tmp_path / "f.json", source=tmp_path / "naive.csv")
        assert report["as_of"] == f"2026-01-18T{hour}"


# --- files out


def test_every_kind_of_output_is_written_and_reads_back(capsys, shop, tmp_path):
    import zipfile
    from xml.etree import ElementTree

    kinds = ("html", "svg", "png", "xlsx", "csv", "paths", "rejects")
    files = {kind: tmp_path / f"out.{kind}" for kind in kinds}
    options = [part for kind, file in files.items() for part in (f"--{kind}", file)]
    answer = call(capsys, "funnel", shop, *STEPS, *WEEK, "--by", "source", *options)
    assert answer.code == 0, answer.err
    page = files["html"].read_text()
    assert page.startswith("<!doctype html>")
    assert all(text in page for text in ("view", "cart", "pay", "60.0"))
    assert ElementTree.fromstring(files["svg"].read_text()).tag.endswith("svg")
    assert files["png"].read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    with zipfile.ZipFile(files["xlsx"]) as book:
        assert book.testzip() is None
        assert "xl/workbook.xml" in book.namelist()
    rows = read_rows(files["csv"])
    assert [row["count"] for row in rows if row["part"] == "funnel"] == ["5", "3", "1"]
    assert len(read_rows(files["paths"])) == 5
    (rejected,) = read_rows(files["rejects"])
    assert (rejected["row"], rejected["column"], rejected["reason"], rejected["value"]) == (
        "13", "timestamp", "not a time", "soon",
    )  # fmt: skip


@pytest.mark.parametrize("order", ["sequential", "strict", "any"])
def test_the_listed_paths_are_those_of_the_counts(ask, tmp_path, order):
    file = tmp_path / "paths.csv"
    report = ask(*STEPS, *WEEK, "--order", order, "--paths", file)
    rows = read_rows(file)
    for place, step in enumerate(report["steps"], 1):
        assert sum(int(row["steps"]) >= place for row in rows) == step["count"]
        stopped = [row["outcome"] for row in rows if int(row["steps"]) == place]
        assert stopped.count("open") == step["open"]
        assert stopped.count("dropped") == step["drop_off"]
        assert sum(bool(row[f"{place} {step['name']} at"]) for row in rows) == step["count"]


def test_listed_paths_run_no_formulas(ask, tmp_path):
    file = tmp_path / "paths.csv"
    ask(*STEPS, "--paths", file)
    assert file.read_text().splitlines()[1].startswith("'=1+1,3,converted,")


def test_listed_paths_have_a_header_where_nobody_entered(ask, tmp_path):
    file = tmp_path / "paths.csv"
    report = ask("--step", "pay", "--from", "2027-01-01", "--paths", file)
    assert counts(report) == [0]
    assert file.read_text().strip() == "path,steps,outcome,1 pay at,1 pay event_id"


def test_the_terminal_shows_figures_definition_and_guesses(capsys, shop):
    answer = call(capsys, "funnel", shop, *STEPS, *WEEK)
    for text in ("view", "60.0 %", "What was counted", "not a time"):
        assert text in answer.out
    assert "path = user_id (name)" in answer.err
    assert "1 row rejected; --rejects FILE.csv writes them" in answer.err
    assert "\x1b" not in answer.out


def test_what_happened_outside_of_the_order_is_said(capsys, shop):
    answer = call(capsys, "funnel", shop, "--step", "pay", "--step", "view")
    assert "1 path has “view”, but not after “pay”: not counted there." in answer.out
    answer = call(capsys, "funnel", shop, "--step", "cart", "--step", "view", "--window", "1d")
    assert "3 paths have “view”, but not after “cart” in time" in answer.out


# --- mistakes: exit code 2, one line


def test_an_unknown_step_event_names_the_nearest(refused):
    assert refused("--step", "veiw") == "step 1: no event is called 'veiw'; did you mean 'view'?"


def test_an_unknown_property_names_the_nearest(refused):
    text = refused("--step", "view", "--by", "sorce")
    assert text == "\"by\": no event has a property 'sorce'; did you mean 'source'?"
    assert "\"hold\": no event has a property 'x'" in refused("--step", "view", "--hold", "x")


def test_a_bad_condition_says_its_place(refused):
    text = refused("--step", "view where prize > 3")
    assert text == (
        'no event has a property "prize"; did you mean "price"? (at character 1 of \'prize > 3\')'
    )
    assert "(at character 7 of 'price >')" in refused("--step", "cart where price >")
    assert "at character" in refused("--step", "cart where price in (select 1)")


def test_a_bad_duration_says_the_forms(refused):
    assert "'7days' is not a duration; write 30s" in refused("--step", "view", "--window", "7days")


def test_an_unknown_key_of_a_specification(refused, tmp_path):
    file = tmp_path / "f.json"
    file.write_text('{"steps": ["view"], "windw": "7d"}')
    assert refused("--spec", file) == (
        'the funnel has an unknown key "windw"; did you mean "window"?'
    )


def test_no_steps(refused, tmp_path):
    assert refused() == "no steps; add --step EVENT for each, or --spec FILE"
    (tmp_path / "f.json").write_text("{}")
    assert refused("--spec", tmp_path / "f.json").startswith("no steps")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.json", b"{", "f.json: Expecting property name"),
        ("f.json", b"[1]", 'f.json must hold an object with "steps"'),
        ("f.json", b"", "f.json: Expecting value"),
        ("f.json", b"\xff\xfe\x00", "f.json: 'utf-8' codec can't decode"),
        ("f.json", b"[" * 100_000, "f.json: "),
        ("f.yaml", b"steps: [view\nwindow: 7d: 3", "f.yaml: while parsing"),
        ("f.yaml", b"steps: !!python/object/apply:os.system ['true']", "could not determine"),
        ("f.yaml", b"- view", 'f.yaml must hold an object with "steps"'),
        ("f.yaml", b"", 'f.yaml must hold an object with "steps"'),
        ("f.yaml", b"steps: [404]", 'step 1 must be an object such as {"event": "purchase"}'),
    ],
)
def test_a_specification_that_cannot_be_read(refused, tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert message in refused("--spec", tmp_path / name)


def test_files_that_are_not_there(refused, tmp_path):
    text = refused("--step", "view", source=tmp_path / "none.csv")
    assert text.endswith("none.csv: there is no such file")
    assert "no file matches" in refused("--step", "view", source=tmp_path / "*.parquet")
    text = refused("--spec", tmp_path / "none.json")
    assert text.endswith("none.json: No such file or directory")


def test_an_output_that_cannot_be_written(refused, tmp_path):
    for kind in ("html", "svg", "png", "csv", "paths", "xlsx", "rejects"):
        text = refused("--step", "view", f"--{kind}", tmp_path / "none" / "out")
        assert f"there is no folder {tmp_path / 'none'}; make it first" in text
        assert "is a directory" in refused("--step", "view", f"--{kind}", tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_said_with_the_file(capsys, shop):
    for kind in ("html", "svg", "png", "csv", "paths", "xlsx"):
        answer = call(capsys, "funnel", shop, "--step", "view", f"--{kind}", "/dev/full")
        assert (answer.code, answer.err) == (2, "suppilo: /dev/full: No space left on device\n")


def test_naive_times_ask_for_a_zone(refused, tmp_path):
    (tmp_path / "naive.csv").write_text(SHOP.replace("Z,", ","))
    text = refused("--step", "view", source=tmp_path / "naive.csv")
    assert "add --timezone, e.g. --timezone Europe/Riga or --timezone UTC" in text


def test_a_folder_that_is_no_lake(refused, tmp_path):
    assert "is a folder; name its files" in refused("--step", "view", source=tmp_path)


def test_a_property_with_too_many_values(refused, tmp_path):
    rows = "".join(f"u{i},view,2026-01-01T10:00:00Z,v{i}\n" for i in range(10_001))
    (tmp_path / "many.csv").write_text("user_id,event,timestamp,id\n" + rows)
    for value in ("first", "all", "step:1"):
        text = refused(
            "--step", "view", "--by", "id", "--by-value", value, source=tmp_path / "many.csv"
        )
        assert text.startswith("\"by\": 'id' has more than 10,000 different values; choose")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--step", "view", "--threads", "0"), "0 is not in the range 1<=x<=64"),
        (("--step", "view", "--order", "random"), "'random' is not one of"),
        (("--step", "view", "--frobnicate"), "No such option"),
        (("--step", "view", "--timezone", "Mars"), "'Mars' is not a time zone"),
        (("--step", "view", "--as-of", "soon"), "\"as_of\": 'soon' is not a date or time"),
        (("--step", "view", "--exclude", "pay"), "is not an exclusion; write EVENT:AFTER:BEFORE"),
        (("--step", "view", "--exclude", "pay:1:2"), '"before" is 2, but the steps are 1 to 1'),
        (("--step", "view", "--by-value", "median"), "it can be first, last, all, or step:1"),
        (("--step", "view", "--at", "when"), "there is no column when; set --at to one of"),
        (("--step", "view", "--wide", "a"), "is not a list of stages"),
        (("--step", "view", "--event", "a", "--event-name", "b"), "not both"),
        (("--step", ""), "step '' names no event"),
        (("--step", "view") * 65, "a funnel has 1 to 64 steps, not 65"),
    ],
)  # fmt: skip
def test_mistakes_in_the_call_are_one_line(refused, arguments, message):
    assert message in refused(*arguments)


def test_a_command_or_source_that_is_missing(capsys):
    assert "No such command 'funel'" in refusal(capsys, "funel")
    assert "Missing argument" in refusal(capsys, "funnel", *STEPS)


# --- the process


def test_help_imports_nothing_heavy():
    heavy = ("numpy", "pyarrow", "duckdb", "numba", "sqlglot", "deltalake", "rich", "yaml")
    code = (
        "import sys\nfrom suppilo.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    for arguments in (["--help"], ["--version"], [], ["funnel", "--help"], ["import", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
        )
        assert done.stderr == "[]\n", arguments
        assert done.stdout.strip()


def test_the_process_prints_json_and_says_guesses_beside_it(shop):
    done = run(["funnel", shop, *STEPS, "--json"])
    assert done.returncode == 0
    assert counts(json.loads(done.stdout)) == [5, 3, 1]
    assert b"path = user_id (name)" in done.stderr


def test_the_process_ends_with_2_and_one_line(shop):
    done = run(["funnel", shop, "--step", "veiw"])
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"Traceback" not in done.stderr


def test_a_reader_that_leaves_early_is_no_error(shop, tmp_path):
    done = subprocess.Popen(
        [*COMMAND, "funnel", str(shop), *STEPS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    done.stdout.close()
    said = done.stderr.read().decode()
    done.stderr.close()
    done.wait()
    assert "Traceback" not in said
    assert "Error" not in said
    assert "Broken" not in said


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1257"])
def test_an_output_without_unicode_still_shows_the_figures(tmp_path, encoding):
    file = tmp_path / "shop.csv"
    file.write_text(SHOP.replace("view", "skatījums 🛒"))
    steps = ("--step", "skatījums 🛒", "--step", "pay")
    done = run(["funnel", file, *steps], PYTHONIOENCODING=encoding)
    assert done.returncode == 0
    assert b"20.0 %" in done.stdout
    done.stdout.decode(encoding)
    done = run(["funnel", file, *steps, "--json"], PYTHONIOENCODING=encoding)
    report = json.loads(done.stdout.decode("ascii"))
    assert [step["name"] for step in report["steps"]] == ["skatījums 🛒", "pay"]


def test_years_1_and_9999_do_not_break_the_report(capsys, tmp_path):
    file = tmp_path / "ends.csv"
    rows = "a,view,0001-01-01T00:00:00Z\na,pay,9999-12-31T23:59:59Z\nb,view,9999-12-31T23:00:00Z\n"
    file.write_text("user_id,event,timestamp\n" + rows)
    for zone in ("UTC", "America/New_York", "Pacific/Kiritimati"):
        steps = ("--step", "view", "--step", "pay", "--timezone", zone)
        kinds = ("html", "csv", "xlsx", "paths")
        outputs = [part for kind in kinds for part in (f"--{kind}", tmp_path / f"o.{kind}")]
        answer = call(capsys, "funnel", file, *steps, *outputs)
        assert answer.code == 0, answer.err
        text = refusal(capsys, "funnel", file, *steps, "--every", "day")
        assert "there are more than 10,000 days; take a longer unit" in text
    answer = call(
        capsys, "funnel", file, *steps, "--every", "month", "--from", "9000-01-01", "--json"
    )
    assert len(json.loads(answer.out)["buckets"]) == 1


def test_times_are_printed_with_the_test_between_values(capsys, shop):
    said = call(capsys, "funnel", shop, *STEPS[:4], "--times", "--by", "source").out
    assert "Time from “view” to “cart”" in said
    assert "of those who did: 10 % ≤" in said
    assert "log-rank: χ²" in said
    found = json.loads(call(capsys, "funnel", shop, *STEPS, "--times", "--json").out)
    assert found["times"]["converted"] == 1
    assert found["times_by"] is None

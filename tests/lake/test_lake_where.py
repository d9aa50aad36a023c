"""Conditions: what they mean, what is refused and where, and that nothing of them reaches SQL."""

from __future__ import annotations

import fnmatch
import math
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlglot.dialects.duckdb import DuckDB

from suppilo.lake import RESERVED_WORDS, WhereError, compile_where, evaluate_where

SCHEMA = {
    "price": "float",
    "qty": "int",
    "source": "text",
    "paid": "bool",
    "due": "time",
    "product id": "text",
    "utm.medium": "text",
    "at": "text",
}
DAY_US = 86_400_000_000
NEW_YEAR_US = 1_767_225_600_000_000
ROWS = [
    {"price": 1.5, "qty": 1, "source": "google", "paid": True, "due": 0, "product id": "A-1"},
    {"price": 20.0, "qty": -2, "source": "bing", "paid": None, "due": NEW_YEAR_US},
    {"price": None, "qty": None, "source": None, "paid": False, "due": None},
    {"price": math.nan, "qty": 2**53 + 1, "source": "it's", "paid": True, "due": 5},
]
AT = np.array([NEW_YEAR_US - 1, NEW_YEAR_US, NEW_YEAR_US + 5 * DAY_US, 0])
ARROW = {
    "float": pa.float64(),
    "int": pa.int64(),
    "text": pa.string(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", "UTC"),
}


def columns_of(rows):
    return {
        name: pa.array([row.get(name) for row in rows], ARROW[kind])
        for name, kind in SCHEMA.items()
    }


def ask(text, rows=ROWS, at=AT):
    compiled = compile_where(text, SCHEMA)
    return evaluate_where(compiled, columns_of(rows), at=at, event="buy").tolist()


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("price > 10", [1]),
        ("price > 10 or source in ('google', 'it''s')", [0, 1, 3]),
        ("not (price > 10)", [0]),
        ("price is null", [2, 3]),
        ("price is not null", [0, 1]),
        ("price between 1 and 2", [0]),
        ("qty = 9007199254740993", [3]),
        ("qty = 9007199254740992", []),
        ("-qty = 2", [1]),
        ("qty % 2 = 1", [0, 3]),
        ("qty / 0 > 1 or qty % 0 = 1", []),
        ("qty / 2 = 0.5", [0]),
        ("qty * 9223372036854775807 > 0", [0]),
        ("abs(qty) = 2", [1]),
        ("round(price / 7, 2) = 0.21", [0]),
        ("coalesce(qty, 9) = 9", [2]),
        ("paid", [0, 3]),
        ("paid = false", [2]),
        ("paid is not true", [1, 2]),
        ("source like '%g%e'", [0]),
        ("source not like 'g%'", [1, 3]),
        ("source ilike 'GOO%'", [0]),
        ("lower(upper(source)) = 'bing' and length(source) = 4", [1]),
        (
            "starts_with(source, 'goo') or contains(source, '''') or ends_with(source, 'ng')",
            [0, 1, 3],
        ),
        ("\"product id\" = 'A-1'", [0]),
        ('utm.medium is null and "utm.medium" is null', [0, 1, 2, 3]),
        ("event = 'buy'", [0, 1, 2, 3]),
        ("event in ('sell')", []),
        ("at >= date '2026-01-01'", [1, 2]),
        ("at >= '2026-01-01T02:00:00+02:00'", [1, 2]),
        ("at = timestamp '2026-01-01 00:00:00'", [1]),
        ("at between '2025-12-31' and '2026-01-01'", [0, 1]),
        ("date_trunc('month', at) = '2026-01-01'", [1, 2]),
        (
            "year(at) = 2026 and month(at) = 1 and day(at) = 6 and hour(at) = 0 and minute(at) = 0",
            [2],
        ),
        ("dayofweek(at) = 4", [1, 3]),
        ("due = at", [1]),
        ("due in ('1970-01-01', '2026-01-01')", [0, 1]),
        ("price = null", []),
        ('"at" is null', [0, 1, 2, 3]),
        ("true", [0, 1, 2, 3]),
        ("price > 10 -- the dear ones", [1]),
        ("price /* dear */ > 10", [1]),
    ],
)
def test_conditions_mean_what_they_say(text, rows):
    assert [row for row, found in enumerate(ask(text)) if found] == rows


@pytest.mark.parametrize(
    ("text", "said", "pointed_at"),
    [
        ("source > 10", "text can't be compared with a number", "10"),
        ("prise > 10", 'no event has a property "prise"; did you mean "price"?', "prise"),
        ("PRICE > 10", 'did you mean "price"?', "PRICE"),
        ("zzz > 10", "see `suppilo events` for all", "zzz"),
        ("price > 10 and", "something is missing after this", "d"),
        ("price > 10; drop table x", '";" can\'t stand in a condition', ";"),
        (
            "price > 1 and read_csv('/etc/passwd') = 'x'",
            "this function is not known here",
            "read_csv",
        ),
        ("qty > 1 and (price > 1 or foo = 2)", 'no event has a property "foo"', "foo"),
        ("at > 'yesterday'", "'yesterday' is not a date or time", "'yesterday'"),
        ("price", "must be true or false, this is a number", "price"),
        ("price and paid", "each side of and must be true or false", "price"),
        ("lower(qty) = 'a'", "what is given to lower must be text, this is a number", "qty"),
        ("paid > true", "true and false have no order", "paid"),
        ("price = '10'", "a number can't be compared with text", "'10'"),
        ("date_trunc('eon', at) = at", "date_trunc knows second, minute", "date_trunc"),
        ("round(price, qty) = 1", "round takes 0 to 15 digits", "qty"),
        ("source = ads", "a text stands in single quotes: 'ads'", "ads"),
        ('source = "ads"', "a text stands in single quotes: 'ads'", '"ads"'),
        ("source in (ads)", "a text stands in single quotes: 'ads'", "ads"),
        ("price > 1e999", "this number is too large: write one below 1e308", "1e999"),
        ("price > " + "9" * 400, "this number is too large", "999"),
        ("price\n  > 1\n and prise = 1", 'no event has a property "prise"', "prise"),
    ],
)
def test_errors_point_at_the_place(text, said, pointed_at):
    with pytest.raises(WhereError) as caught:
        compile_where(text, SCHEMA)
    assert said in str(caught.value)
    line, caret = str(caught.value).split("\n")[-2:]
    assert line[caret.index("^") :].startswith(pointed_at)


def test_an_open_quote_is_said():
    with pytest.raises(WhereError, match="a text is not closed"):
        compile_where("source = 'google", SCHEMA)


@pytest.mark.parametrize("text", ["", "   ", "-- only a comment"])
def test_an_empty_condition_is_refused(text):
    with pytest.raises(WhereError):
        compile_where(text, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "qty in (select 1)",
        "exists(select 1)",
        "select 1",
        "(select true)",
        "price > all (select 1)",
        "read_csv('/etc/passwd') is null",
        "getenv('HOME') = 'x'",
        "query('select 1') is null",
        "nextval('s') = 1",
        "current_setting('threads') = '1'",
        "pragma_version() is null",
        "source = $1",
        "source = ?",
        "source = :name",
        "source = @x",
        "price::text = 'x'",
        "cast(price as text) = 'x'",
        "source || 'a' = 'b'",
        "case when paid then true end",
        "qty[1] = 1",
        "[1, 2] = [1]",
        "{'a': 1} = 1",
        "source like any ('a')",
        "count(*) > 1",
        "sum(price) > 1",
        "row_number() over () = 1",
        "price > interval '1' day",
        "current_date > at",
        "now() > at",
        "random() > 0.5",
        "source similar to 'x'",
        "regexp_matches(source, 'x')",
        "source collate nocase = 'x'",
        "price is distinct from 1",
        "qty & 1 = 1",
        "qty // 2 = 1",
        "qty ** 2 = 1",
        "x -> x = 1",
        "price = 1 union select 1",
        "attach 'x'",
        "copy t to 'x'",
        "install httpfs",
        "set threads = 1",
        "price = 1 limit 1",
        "* = 1",
        "columns(*) = 1",
        "price as x",
        "source like 'a' escape 'b'",
        "'a'",
        "1",
        "null + 1",
        "price = 1, qty = 2",
        "if(paid, true, false)",
        "try_cast(source as int) = 1",
        "qty in (1, (select 2))",
        "date_trunc('month; drop', at) = at",
        "round(price, 99) = 1",
        "unnest([1]) = 1",
    ],
)
def test_what_is_not_on_the_list_is_refused(text):
    with pytest.raises(WhereError):
        compile_where(text, SCHEMA)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 3_000 + "paid" + ")" * 3_000,
        "not " * 3_000 + "paid",
        "- " * 900 + "1 = 1",
        "price" + " + 1" * 900 + " > 1",
        "coalesce(" * 300 + "1" + ")" * 300 + " = 1",
        "case " * 500,
        "[" * 500,
        "{" * 500,
        "x" * 100_000,
        "a." * 1_500 + "b = 1",
        "~" * 900 + "1 = 1",
        "paid and (" * 39 + "paid" + ")" * 38,
        "price > " * 500 + "1",
        "@" * 900 + "1 = 1",
    ],
)
def test_deep_and_long_input_is_refused_without_harm(text):
    with pytest.raises(WhereError):
        compile_where(text, SCHEMA)


def test_a_long_list_and_a_long_chain_are_fine():
    assert ask("qty in (" + ", ".join(str(n) for n in range(1_500)) + ")") == [
        True,
        False,
        False,
        False,
    ]
    assert ask(" or ".join(["price > 10"] * 900)) == [False, True, False, False]


@given(st.text(max_size=60))
@example("@")
@example("x and @")
@example("0E")
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_condition_or_a_where_error(text):
    try:
        compiled = compile_where(text, SCHEMA)
    except WhereError:
        return
    assert len(ask(compiled.text)) == len(ROWS)


TOKENS = st.sampled_from(
    """
    price qty source paid due at event and or not in ( ) , = <> < > + - * / % 'a' 1 2.5 null is
    like between date '2026-01-01' coalesce lower select from ; -- /* */ " ' $1 ? :: [ ] { }
    case when then end cast as interval exists union read_csv
    """.split()  # noqa: SIM905 - as words they can be read
)


@given(st.lists(TOKENS, max_size=14).map(" ".join))
@settings(max_examples=500, deadline=None)
def test_any_words_are_a_condition_or_a_where_error(text):
    try:
        compiled = compile_where(text, SCHEMA)
    except WhereError:
        return
    assert len(ask(compiled.text)) == len(ROWS)


@given(st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_a_quoted_text_is_only_ever_a_value(value):
    text = "source = '" + value.replace("'", "''") + "'"
    rows = [{"source": value}, {"source": value + "x"}, {"source": None}]
    compiled = compile_where(text, SCHEMA)
    assert compiled.sql == "(c0 = ?::VARCHAR)"
    assert ask(text, rows, AT[:3]) == [True, False, False]


@given(st.text(min_size=1, max_size=30).filter(lambda name: "\0" not in name))
@settings(max_examples=200, deadline=None)
def test_a_property_of_any_name_can_be_asked_for(name):
    text = '"' + name.replace('"', '""') + '" = 1'
    compiled = compile_where(text, {name: "int"})
    assert compiled.sql == "(c0 = ?::BIGINT)"
    assert evaluate_where(compiled, {name: pa.array([1, 2])}, at=AT[:2]).tolist() == [True, False]


@pytest.mark.parametrize(
    "text", ["{} = 'x'", "contains({}, 'x')", "not {} = 'y' and {} in ('x', 'z')", "'x' = {}"]
)
def test_words_of_sql_that_mean_nothing_here_are_names(text):
    known = {word for word in DuckDB.Tokenizer.KEYWORDS if word.isidentifier()}
    known |= {*DuckDB.Parser.FUNCTIONS, *DuckDB.Parser.NO_PAREN_FUNCTION_PARSERS} - {"@"}
    names = {word.lower() for word in known} - RESERVED_WORDS
    assert {"attach", "case", "date", "from", "if", "map", "update"} <= names
    for name in names:
        compiled = compile_where(text.replace("{}", name), {name: "text"})
        assert tuple(compiled.properties) == (name,), name


# A condition is drawn as its text together with a plain Python function of a row that says
# True, False or None (unknown), after SQL's three-valued logic.


def unknown(function):
    def asked(*values):
        return None if any(value is None for value in values) else function(*values)

    return asked


def clean(value):
    return None if isinstance(value, float) and math.isnan(value) else value


def leaf(text, function):
    return text, lambda row: clean(function(row))


def quote(text):
    return "'" + text.replace("'", "''") + "'"


WORDS = ["google", "bing", "it's", "", "%", "Ünï"]
SMALL = st.integers(-5, 5)


def year_of(at_us):
    return datetime.fromtimestamp(at_us // 10**6, UTC).year


def arithmetic(left, sign, right):
    work = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: None if b == 0 else a / b,
    }[sign]
    return f"({left[0]} {sign} {right[0]})", lambda row: unknown(work)(left[1](row), right[1](row))


def coalesce(parts):
    one, two = parts
    return (
        f"coalesce({one[0]}, {two[0]})",
        lambda row: two[1](row) if one[1](row) is None else one[1](row),
    )


numbers = st.recursive(
    st.one_of(
        st.sampled_from([leaf("price", lambda r: r["price"]), leaf("qty", lambda r: r["qty"])]),
        SMALL.map(lambda n: (str(n), lambda row: n)),
        st.sampled_from([0.5, 2.25]).map(lambda n: (str(n), lambda row: n)),
        st.just(("length(source)", lambda row: unknown(len)(row["source"]))),
        st.just(("year(due)", lambda row: unknown(year_of)(row["due"]))),
    ),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map(lambda t: arithmetic(*t)),
        inner.map(lambda part: (f"abs({part[0]})", lambda row: unknown(abs)(part[1](row)))),
        inner.map(lambda part: (f"(- {part[0]})", lambda row: unknown(lambda v: -v)(part[1](row)))),
        st.tuples(inner, inner).map(coalesce),
    ),
    max_leaves=4,
)


COMPARE = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def comparison(parts):
    left, sign, right = parts
    return f"{left[0]} {sign} {right[0]}", lambda row: unknown(COMPARE[sign])(
        left[1](row), right[1](row)
    )


def member(parts):
    (text, function), values = parts
    listed = ", ".join(str(value) for value in values)
    return f"{text} in ({listed})", lambda row: unknown(lambda v: v in values)(function(row))


def about(name, text, function):
    return text, lambda row: unknown(function)(row[name])


def like(word):
    pattern = f"{word[:2].replace('%', '')}%"
    glob = pattern.replace("%", "*")
    return about("source", f"source like {quote(pattern)}", lambda v: fnmatch.fnmatchcase(v, glob))


tests = st.one_of(
    st.tuples(numbers, st.sampled_from(list(COMPARE)), numbers).map(comparison),
    st.tuples(numbers, st.lists(SMALL, min_size=1, max_size=3)).map(member),
    numbers.map(lambda p: (f"{p[0]} is null", lambda row: p[1](row) is None)),
    st.sampled_from(WORDS).map(
        lambda word: about("source", f"source = {quote(word)}", lambda v: v == word)
    ),
    st.sampled_from(WORDS).map(
        lambda word: about("source", f"lower(source) <> {quote(word)}", lambda v: v.lower() != word)
    ),
    st.sampled_from(WORDS).map(like),
    st.just(("paid", lambda row: row["paid"])),
    st.integers(0, 3).map(
        lambda day: about("due", f"due >= '1970-01-0{day + 1}'", lambda v: v >= day * DAY_US)
    ),
)


def both(left, right):
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def opposite(value):
    return None if value is None else not value


conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        inner.map(lambda p: (f"not ({p[0]})", lambda row: opposite(p[1](row)))),
        st.tuples(inner, inner).map(
            lambda t: (f"({t[0][0]} and {t[1][0]})", lambda row: both(t[0][1](row), t[1][1](row)))
        ),
        st.tuples(inner, inner).map(
            lambda t: (
                f"({t[0][0]} or {t[1][0]})",
                lambda row: opposite(both(opposite(t[0][1](row)), opposite(t[1][1](row)))),
            )
        ),
    ),
    max_leaves=6,
)
rows = st.fixed_dictionaries(
    {
        "price": st.one_of(st.none(), st.just(math.nan), st.integers(-20, 20).map(lambda n: n / 4)),
        "qty": st.one_of(st.none(), SMALL),
        "source": st.one_of(st.none(), st.sampled_from(WORDS)),
        "paid": st.one_of(st.none(), st.booleans()),
        "due": st.one_of(st.none(), st.integers(0, 4 * DAY_US)),
    }
)


@given(conditions, st.lists(rows, min_size=1, max_size=12))
@settings(max_examples=600, deadline=None)
def test_conditions_agree_with_plain_python(condition, drawn):
    text, function = condition
    expected = [function(row) is True for row in drawn]
    assert ask(text, drawn, np.zeros(len(drawn), np.int64)) == expected

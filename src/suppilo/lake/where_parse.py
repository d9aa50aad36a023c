"""The text of a condition as a tree, or an error that points at what can't be read."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.duckdb import DuckDBParser
from sqlglot.tokenizer_core import Token, TokenType

from suppilo.lake.errors import WhereError
from suppilo.lake.names import RESERVED_WORDS

MAX_LENGTH = 20_000
MAX_TOKENS = 4_000
MAX_NESTING = 40
"""Parentheses, ``not`` and signs inside each other: each costs the parser a dozen frames."""

_TYPES = {"DATE", "DATETIME", "TIMESTAMP", "TIMESTAMPTZ"}


class _Conditions(DuckDB):
    """DuckDB's dialect without its statements: a property may be called ``update`` or ``map``."""

    class Tokenizer(DuckDB.Tokenizer):
        KEYWORDS: ClassVar[dict[str, TokenType]] = {
            word: kind
            for word, kind in DuckDB.Tokenizer.KEYWORDS.items()
            if not word[0].isalpha() or word.lower() in RESERVED_WORDS or word in _TYPES
        }
        COMMANDS: ClassVar[set[TokenType]] = set()

    class Parser(DuckDBParser):
        NO_PAREN_FUNCTION_PARSERS: ClassVar[dict[str, Any]] = {}


_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE}
_PREFIX = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE, TokenType.CASE}


def parse_where(text: str) -> exp.Expr:
    """Return the tree of a condition.

    Raises
    ------
    WhereError
        If the text is empty, too long, too deeply nested, or not one expression.
    """
    if not text.strip():
        raise WhereError("the condition is empty; write e.g. price > 10", text)
    if len(text) > MAX_LENGTH:
        raise WhereError(
            f"the condition has {len(text):,} characters, at most {MAX_LENGTH:,} are read", ""
        )
    dialect = _Conditions()
    try:
        tokens = dialect.tokenize(text)
        _check_tokens(tokens, text)
        found = dialect.parser().parse_into(exp.Condition, tokens, text)
    except (ParseError, TokenError) as error:
        raise WhereError(*_explain(error, text)) from error
    except RecursionError as error:
        raise WhereError("the condition is nested too deeply; split it", text) from error
    if len(found) != 1 or not isinstance(found[0], exp.Expr):
        raise WhereError("the condition must be one expression, such as price > 10", text, 0)
    return found[0]


def _check_tokens(tokens: list[Token], text: str) -> None:
    if len(tokens) > MAX_TOKENS:
        raise WhereError(f"the condition has more than {MAX_TOKENS:,} words and signs", text)
    depth = prefixes = 0
    for token in tokens:
        if token.token_type == TokenType.SEMICOLON:
            raise WhereError(
                '";" can\'t stand in a condition; join parts by and', text, token.start
            )
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        prefixes = prefixes + 1 if token.token_type in _PREFIX else 0
        if depth + prefixes > MAX_NESTING:
            raise WhereError(
                f"the condition is nested more than {MAX_NESTING} deep; split it", text, token.start
            )


def _explain(error: ParseError | TokenError, text: str) -> tuple[str, str, int | None]:
    details: list[dict[str, Any]] = getattr(error, "errors", [])
    if not details:
        return f"the condition can't be read: {_quote_problem(text)}", text, None
    place = _offset(text, int(details[0]["line"]), int(details[0]["col"]))
    said = str(details[0]["description"])
    reason = "something is missing after this" if "missing" in said else "this can't stand here"
    return f"the condition can't be read: {reason}", text, place


def _quote_problem(text: str) -> str:
    if text.count("'") % 2:
        return "a text is not closed; write 'it''s' for a quote within a text"
    return "a quoted name is not closed" if text.count('"') % 2 else "it holds unknown signs"


def _offset(text: str, line: int, column: int) -> int:
    """Return where a line and column (both from 1, of a token's last sign) are in the text."""
    lines = text.split("\n")
    before = sum(len(part) + 1 for part in lines[: line - 1])
    return max(0, min(before + column - 1, len(text) - 1))

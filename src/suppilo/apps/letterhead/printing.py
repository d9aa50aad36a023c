"""Turns a paper into the texts that are printed: numbers, dates and labels of its language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from suppilo.apps.catalogue.sums import currency_digits
from suppilo.apps.letterhead.drawing import PrintedLine, PrintedPaper
from suppilo.apps.letterhead.models import Letterhead, Paper, PaperLine
from suppilo.apps.letterhead.words import words_in


class Writer:
    """Writes amounts, quantities, shares and dates as a language does."""

    def __init__(self, language: str, currency: str) -> None:
        # English as it is written in Europe: the day before the month.
        self._locale = Locale.parse("en_GB" if language == "en" else language)
        self.words = words_in(language)
        self.currency = currency
        zeros = "0" * currency_digits(currency)
        self._pattern = f"#,##0.{zeros}" if zeros else "#,##0"
        self._price = f"#,##0.{zeros}{'#' * (4 - len(zeros))}"

    def amount(self, amount: Decimal) -> str:
        """Write an amount with the currency's decimals, without its sign."""
        return str(format_decimal(amount, self._pattern, locale=self._locale))

    def price(self, price: Decimal) -> str:
        """Write a price of one, with all the decimals that it has."""
        return str(format_decimal(price, self._price, locale=self._locale))

    def quantity(self, quantity: Decimal, unit: str) -> str:
        """Write how many: 2.5 h."""
        return f"{format_decimal(quantity, '#,##0.###', locale=self._locale)} {unit}".strip()

    def share(self, rate: Decimal) -> str:
        """Write a share 0..1 as per cent."""
        return str(format_percent(rate, "#,##0.##%", locale=self._locale))

    def day(self, day: date) -> str:
        """Write a date."""
        return str(format_date(day, "medium", locale=self._locale))

    def in_currency(self, word: str) -> str:
        """Return a label with the currency that its amounts are in."""
        return f"{self.words[word]}, {self.currency}"


def print_paper(
    paper: Paper,
    lines: Sequence[PaperLine],
    letterhead: Letterhead,
    *,
    kind: str,
    number: str,
    mark: str,
    facts: Sequence[tuple[str, str]],
    paid: Decimal | None = None,
) -> PrintedPaper:
    """Return what stands on a paper.

    Parameters
    ----------
    letterhead
        Where our own details come from as long as the paper has none of its own (a draft).
    kind
        ``quote`` or ``invoice``.
    mark
        A word of :mod:`suppilo.apps.letterhead.words` across the page, or nothing.
    facts
        What stands beside the customer: label and value.
    paid
        What was paid of an invoice, where the page should say so.
    """
    writer = Writer(paper.language, paper.currency)
    words = writer.words
    seller = paper.seller or letterhead.freeze()
    return PrintedPaper(
        language=paper.language,
        title=words[kind],
        number=number,
        mark=words[mark] if mark else "",
        seller_name=seller["name"],
        seller_lines=_seller_lines(seller, words),
        customer_label=words["customer"],
        customer_lines=_customer_lines(paper),
        facts=tuple(facts),
        introduction=paper.introduction.strip(),
        head=_head(writer, lines),
        lines=tuple(_line(writer, line, lines) for line in lines),
        sums=_sums(writer, paper, paid),
        terms_label=words["terms"],
        terms=paper.terms.strip(),
        footer=_footer(seller, words),
        page_label=words["page"],
    )


def _seller_lines(seller: Mapping[str, str], words: Mapping[str, str]) -> tuple[str, ...]:
    lines = [seller["name"], *seller["address"].splitlines()]
    numbered = [key for key in ("registration", "tax_number") if seller[key]]
    lines += [f"{words[key]} {seller[key]}" for key in numbered]
    lines += [seller[key] for key in ("email", "phone", "website")]
    return tuple(line.strip() for line in lines if line.strip())


def _customer_lines(paper: Paper) -> tuple[str, ...]:
    lines = [paper.customer_name, *paper.customer_details.splitlines(), paper.contact_name]
    return tuple(line.strip() for line in lines if line.strip())


def _footer(seller: Mapping[str, str], words: Mapping[str, str]) -> tuple[str, ...]:
    bank = ", ".join(line.strip() for line in seller["bank"].splitlines() if line.strip())
    found = (seller["name"], f"{words['bank']}: {bank}" if bank else "")
    return tuple(text for text in found if text)


def _head(writer: Writer, lines: Sequence[PaperLine]) -> PrintedLine:
    words = writer.words
    return PrintedLine(
        number="",
        description=words["description"],
        quantity=words["quantity"],
        price=words["price"],
        discount=words["discount"] if any(line.discount for line in lines) else "",
        tax=words["tax"] if any(line.tax_rate for line in lines) else "",
        amount=writer.in_currency("amount"),
    )


def _line(writer: Writer, line: PaperLine, lines: Sequence[PaperLine]) -> PrintedLine:
    return PrintedLine(
        number=str(line.position),
        description=line.description,
        quantity=writer.quantity(line.quantity, line.unit),
        price=writer.price(line.unit_price),
        discount=writer.share(line.discount) if line.discount else "",
        tax=writer.share(line.tax_rate) if any(one.tax_rate for one in lines) else "",
        amount=writer.amount(line.net),
    )


def _sums(writer: Writer, paper: Paper, paid: Decimal | None) -> tuple[tuple[str, str], ...]:
    words = writer.words
    sums: list[tuple[str, str]] = []
    if paper.list_net != paper.net:
        sums.append((words["list_net"], writer.amount(paper.list_net)))
        sums.append((words["discount"], writer.amount(paper.net - paper.list_net)))
    if paper.tax:
        sums.append((words["net"], writer.amount(paper.net)))
        sums.append((words["tax"], writer.amount(paper.tax)))
    if paid:
        sums.append((words["paid"], writer.amount(paid)))
    sums.append((writer.in_currency("total"), writer.amount(paper.total)))
    return tuple(sums)

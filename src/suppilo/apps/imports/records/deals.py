"""Rows of deals, brought in: new ones opened with their past, others changed and moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from suppilo.apps.catalogue.models import Price, Product
from suppilo.apps.deals.errors import GatesClosedError
from suppilo.apps.deals.gates import Finding
from suppilo.apps.deals.models import Deal, MoveSource, Waiver
from suppilo.apps.deals.route import Ladder, read_ladder
from suppilo.apps.deals.services import NewDeal, NewItem, NewParticipant, open_deals
from suppilo.apps.deals.services.passing import may_waive, name_waivers
from suppilo.apps.imports.models import RecordAction
from suppilo.apps.imports.records.deal_changes import DealChanger
from suppilo.apps.imports.records.deal_finding import DealKey, find_deals, key_of, list_visible
from suppilo.apps.imports.records.deal_rows import DealSaid, make_items, read_deal, undated_end
from suppilo.apps.imports.records.makable import is_new
from suppilo.apps.imports.records.making import NotMadeError
from suppilo.apps.imports.records.people import record_company_keys
from suppilo.apps.imports.records.report import Problem
from suppilo.apps.imports.records.rows import ParsedRow
from suppilo.apps.imports.records.run import Run, last_written
from suppilo.apps.people.models import Company
from suppilo.apps.people.services.named import find_by_name, fold_name
from suppilo.apps.pipelines.models import Pipeline

Known = tuple[DealSaid, DealKey]


class DealImporter:
    """Opens deals, and changes and moves those there are."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: dict[tuple[str, ...], int] = {}
        self._zone = ZoneInfo(run.options.timezone)
        self._changer = DealChanger(run)
        self._ladder = cache(_read_current)

    def take(self, rows: Sequence[ParsedRow]) -> None:
        """Take some rows in."""
        known = [one for row in self._run.sift(rows) if (one := self._read(row)) is not None]
        found = find_deals([key for _said, key in known])
        visible = list_visible(self._run.actor, found.values())
        companies = self._find_companies(known)
        news: list[Known] = []
        old: list[tuple[DealSaid, Deal]] = []
        for said, key in known:
            deal = found.get(key)
            if deal is None:
                news.append((said, key))
            elif deal.pk in visible:
                old.append((said, deal))
            else:
                self._run.reject(said.row, _not_yours(key))
        self._open(news, companies)
        written = last_written("deals", [deal.pk for _said, deal in old])
        for said, deal in old:
            self._changer.take(said, deal, companies, written.get(deal.pk, {}))
        if not self._run.is_dry:
            self._run.flush()

    def finish(self) -> None:
        """Nothing is left to do."""

    def _read(self, row: ParsedRow) -> Known | None:
        ladder, problem = self._find_ladder(row)
        if problem is not None or ladder is None:
            self._run.reject(row, problem or _no_pipeline())
            return None
        said = read_deal(row, ladder, ladder.version.pipeline_id, self._zone)
        key = key_of(
            self._run.options.preset, row.text("external_id"), said.name, said.company
        )  # fmt: skip
        first = self._seen.setdefault(key.own, row.number)
        if first != row.number:
            self._run.reject(row, _twice(first, said.name))
            return None
        for note in said.notes:
            self._run.note(row, note)
        if not said.company:
            self._run.note(row, _no_company())
        return said, key

    def _find_ladder(self, row: ParsedRow) -> tuple[Ladder | None, Problem | None]:
        number = row.text("pipeline") or self._run.options.pipeline_id
        ladder = self._ladder(int(number)) if number else None
        if ladder is None:
            return None, _no_pipeline()
        for name in ("stage", *[key for key in row.values if key.startswith("stage:")]):
            key = row.text("stage") if name == "stage" else name.removeprefix("stage:")
            key = key.removesuffix("_has_time")
            if key and ladder.find(key) is None:
                return None, _no_stage(ladder, row.text("stage_text") or key)
        return ladder, None

    def _find_companies(self, known: Sequence[Known]) -> dict[str, int]:
        names = [said.company for said, _key in known if said.company]
        return find_by_name(names) if self._run.is_dry else self._record_companies(names)

    def _record_companies(self, names: Iterable[str]) -> dict[str, int]:
        given = [name for name in names if name]
        keys = record_company_keys(self._run.source.origin, given, self._run.now)
        ids = dict(Company.objects.filter(key__in=keys.values()).values_list("key", "id"))
        return {folded: ids[key] for folded, key in keys.items()}

    def _open(self, news: Sequence[Known], companies: Mapping[str, int]) -> None:
        """Open new deals; rows that can't be used are listed with the reason."""
        if not news:
            return
        prices = _read_prices([said.row.text("product") for said, _key in news])
        drafts, news = self._draft_all(news, companies, prices)
        if self._run.is_dry:
            left_out = self._try(list(zip(news, drafts, strict=True)))
            self._run.report.count("made", len(news) - left_out)
            return
        pairs = self._open_all(list(zip(news, drafts, strict=True)))
        for said, key, deal in pairs:
            self._run.report.count("made")
            after = {**said.fields, **said.override_for(deal.stage)}
            after |= {"stage": deal.stage.key, "number": key.number}
            self._run.remember(RecordAction.MADE, deal.pk, said.row, after, revision=deal.revision)

    def _draft_all(
        self,
        news: Sequence[Known],
        companies: Mapping[str, int],
        prices: Mapping[tuple[int, str], Decimal],
    ) -> tuple[list[NewDeal], list[Known]]:
        """Return the deals to open, and the rows that say so; products and reasons are made."""
        drafts, kept = [], []
        for said, key in news:
            try:
                self._run.makings.find_reason(said.row, said.stage)
                drafts.append(self._draft(said, key, companies, prices))
            except NotMadeError as error:
                self._run.reject(said.row, error.problem)
            else:
                kept.append((said, key))
        return drafts, kept

    def _open_all(self, news: list[tuple[Known, NewDeal]]) -> list[tuple[DealSaid, DealKey, Deal]]:
        """Open deals all at once; those that can't be are listed, and the others opened."""
        try:
            opened = open_deals(
                self._run.actor, [draft for _known, draft in news], source=MoveSource.IMPORT,
                waiver=self._run.options.waiver, is_told=False,
            )  # fmt: skip
        except (ValidationError, GatesClosedError) as error:
            if isinstance(error, GatesClosedError):
                wrong = {place: self._refuse(news[place], findings)
                         for place, findings in error.closed.items()}  # fmt: skip
            else:
                wrong = _by_place(error)
            for place, problem in wrong.items():
                self._run.reject(news[place][0][0].row, problem)
            if not wrong:
                raise
            return self._open_all([one for place, one in enumerate(news) if place not in wrong])
        self._note_waived([(said, deal) for ((said, _key), _draft), deal in
                           zip(news, opened, strict=True)])  # fmt: skip
        return [(*known, deal) for (known, _draft), deal in zip(news, opened, strict=True)]

    def _try(self, news: list[tuple[Known, NewDeal]]) -> int:
        """Open the deals of which something is asked where they stand, look, and take it back.

        Return how many can't be opened.
        """
        asked = [(known, draft) for known, draft in news if self._asks(draft)]
        if not asked:
            return 0
        with transaction.atomic():
            companies = self._record_companies(said.company for (said, _key), _draft in asked)
            opened = self._open_all(
                [(known, replace(draft, company_id=companies.get(fold_name(known[0].company))))
                 for known, draft in asked]
            )  # fmt: skip
            transaction.set_rollback(True)
        return len(asked) - len(opened)

    def _asks(self, draft: NewDeal) -> bool:
        ladder = self._ladder(draft.pipeline_id)
        if ladder is None:
            return False
        keys = [move.stage_key for move in draft.history] or [draft.stage_key or ""]
        stages = [ladder.find(key) if key else ladder.open_stages[0] for key in keys]
        known = [stage for stage in stages if stage is not None]
        return bool(known) and bool(ladder.came_by(known))

    def _refuse(self, new: tuple[Known, NewDeal], findings: Sequence[Finding]) -> Problem:
        (said, _key), draft = new
        ladder = self._ladder(draft.pipeline_id)
        texts = [one.text for one in findings]
        self._run.report.lack("closed", texts)
        stage = said.stage or (ladder.open_stages[0] if ladder is not None else None)
        remedy = _("Missing: %s") % " ".join(texts)
        if ladder is not None and may_waive(self._run.actor, ladder.version):
            remedy += " " + _("Or give a reason to let deals pass, for the whole file.")
        elif ladder is not None:
            remedy += " " + name_waivers(ladder.version)
        return Problem("stage", stage.name if stage is not None else "", _lacks(), remedy)

    def _note_waived(self, opened: Sequence[tuple[DealSaid, Deal]]) -> None:
        rows = Waiver.objects.filter(change__deal__in=[deal for _said, deal in opened])
        lacking: dict[int, list[str]] = defaultdict(list)
        for number, text in rows.order_by("id").values_list("change__deal", "text"):
            lacking[number].append(text)
        for said, deal in opened:
            if texts := lacking.get(deal.pk):
                self._run.report.lack("waived", texts)
                self._run.note(said.row, _waived(deal, texts))

    def _draft(
        self,
        said: DealSaid,
        key: DealKey,
        companies: Mapping[str, int],
        prices: Mapping[tuple[int, str], Decimal],
    ) -> NewDeal:
        row, fields = said.row, {**said.fields, **self._override(said)}
        currency = self._currency(said)
        product = self._run.makings.find_product(row, currency)
        price = prices.get((product or 0, currency))
        items: tuple[NewItem, ...] = make_items(said, product, row.text("product_text"), price)
        custom = {name.removeprefix("custom."): fields.pop(name)
                  for name in list(fields) if name.startswith("custom.")}  # fmt: skip
        return NewDeal(
            name=said.name,
            pipeline_id=said.pipeline_id,
            stage_key=said.stage.key if said.stage is not None and not said.history else None,
            company_id=companies.get(fold_name(said.company)),
            owner_id=fields.pop("owner", self._run.options.owner_id),
            team_id=fields.pop("team", None),
            currency=currency,
            contacts=self._contacts(row),
            items=items,
            opened_at=row.values.get("opened_at"),
            origin=self._run.source.origin,
            external_id=key.number,
            history=undated_end(said, row.values.get("opened_at") or self._run.now),
            custom=custom,
            **{name: value for name, value in fields.items() if name != "name"},
        )

    def _override(self, said: DealSaid) -> dict[str, Any]:
        """Return the probability of a new deal, where it isn't that of its stage; and why."""
        ladder = self._ladder(said.pipeline_id)
        if ladder is None:
            return {}
        found = said.override_for(said.stage or ladder.open_stages[0])
        if found.get("probability") is None:
            return {}
        return {**found, "probability_reason": self._run.probability_reason}

    def _contacts(self, row: ParsedRow) -> tuple[NewParticipant, ...]:
        email = row.text("contact_email").strip().lower()
        if "@" not in email:
            return ()
        if self._run.is_suppressed(email):
            self._run.report.count("contacts_suppressed")
            return ()
        return (NewParticipant(identifier=email, name=row.text("contact_name"), is_main=True),)

    def _currency(self, said: DealSaid) -> str:
        ladder = self._ladder(said.pipeline_id)
        own = ladder.version.pipeline.currency if ladder is not None else ""
        return said.row.text("currency").upper()[:3] or self._run.options.currency or own


def _read_current(pipeline_id: int) -> Ladder | None:
    rows = Pipeline.objects.select_related("current__pipeline")
    found = rows.filter(pk=pipeline_id, is_archived=False).first()
    return read_ladder(found.current) if found is not None and found.current else None


def _read_prices(texts: Sequence[str]) -> dict[tuple[int, str], Decimal]:
    """Return what products cost, by their id and the currency."""
    wanted = {int(text) for text in texts if text and not is_new(text)}
    rows = Price.objects.filter(
        product__in=Product.objects.filter(pk__in=wanted), book__is_default=True,
        book__is_archived=False,
    )  # fmt: skip
    return {
        (product, currency): price
        for product, currency, price in rows.values_list(
            "product_id", "book__currency", "unit_price"
        )
    }


def _by_place(error: ValidationError) -> dict[int, Problem]:
    """Return what is wrong with which of the deals: fields are named ``12.amount``."""
    found: dict[int, Problem] = {}
    for name, messages in error.message_dict.items():
        place, _dot, field = name.partition(".")
        if place.isdigit():
            remedy = _("Mend the row in the file.")
            found.setdefault(int(place), Problem(field, "", " ".join(messages), remedy))
    return found


def _no_pipeline() -> Problem:
    return Problem("", "", _("no pipeline"), _("Choose the pipeline that the deals belong to."))


def _no_stage(ladder: Ladder, text: str) -> Problem:
    return Problem(
        "", text, _("no such stage in “%s”") % ladder.version.pipeline.name,
        _("Say below which stage “%s” is.") % text,
    )  # fmt: skip


def _no_company() -> Problem:
    return Problem(
        "", "", _("without company"), _("The deal is kept. Add its company on the deal’s page.")
    )


def _lacks() -> str:
    return _("stands in its stage without what is asked for up to there")


def _waived(deal: Deal, texts: Sequence[str]) -> Problem:
    said = _("It was let pass with the reason given for the file. Missing: %s")
    if deal.is_open:
        said = _("It was let pass with the reason given for the file, and stays listed under "
                 "Attention until it is there. Missing: %s")  # fmt: skip
    return Problem("stage", deal.stage.name, _lacks(), said % " ".join(texts))


def _twice(first: int, name: str) -> Problem:
    return Problem(
        "", name, _("the same deal stands in row %d") % first,
        _("Keep one of the rows, or add a column with the deals’ numbers."),
    )  # fmt: skip


def _not_yours(key: DealKey) -> Problem:
    return Problem(
        "", key.number or key.name, _("the deal is here already, and not yours to change"),
        _("Ask its owner, or have somebody who sees all deals import the file."),
    )  # fmt: skip

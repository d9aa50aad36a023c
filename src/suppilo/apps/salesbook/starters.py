"""Entries to begin a sales book with: plain words of the trade, to be made one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Starter:
    """An entry to begin with."""

    stage_key: str
    kind: str
    title: str
    text: str = ""
    answers: tuple[str, ...] = ()


def _typical_sale() -> list[Starter]:
    return [
        Starter(
            "first_contact", "script", _("Open a first call"),
            _("**Who you are, why you call, one question.**\n\n"
              "“Good morning, this is … of …. We supply … to companies like yours. Who looks "
              "after that at your place?”\n\n- Speak half as much as you listen.\n"
              "- End with a next step that has a date."),
        ),
        Starter("first_contact", "question", _("What made you look for this now?")),
        Starter(
            "first_contact", "objection", _("“We have a supplier already.”"),
            answers=(
                _("“Good: then you know what matters. What would have to be better for you to "
                  "try somebody beside them?”"),
                _("“Most of our clients had. May I show you the two things they changed for?”"),
            ),
        ),
        Starter(
            "qualification", "instruction", _("Is it worth both sides' time?"),
            _("Find out four things, and write each down:\n\n1. What they need, and what it costs "
              "them not to have it.\n2. Who decides, and who else has a say.\n"
              "3. By when, and what happens if not.\n4. What they may spend."),
        ),
        Starter("qualification", "question", _("How do you decide on something like this?"),
                _("Listen for names: each is a participant of the deal.")),
        Starter("qualification", "question", _("What happens if you do nothing?")),
        Starter(
            "offer", "instruction", _("Before the offer goes out"),
            _("- Every line answers a need they named.\n- The price stands beside what it saves.\n"
              "- It is valid until a day, and that day is in the offer."),
        ),
        Starter(
            "offer", "objection", _("“That is too dear.”"),
            answers=(
                _("“Compared with what?” Then be silent."),
                _("“Let us take the price apart: which part brings you least?” Take that out "
                  "rather than lowering the price."),
                _("Reckon the cost of a year, not the price of a day."),
            ),
        ),
        Starter(
            "presentation", "script", _("Present in three sentences each"),
            _("For each need: **what you said** → **what we do about it** → **what that gives "
              "you**. Stop after each and ask: “Is that how you see it?”"),
        ),
        Starter("presentation", "question", _("What would you tell your colleagues about it?")),
        Starter(
            "terms_agreed", "instruction", _("Close in writing"),
            _("Write down the same day: quantity, price, date of delivery, terms of payment, who "
              "signs. Ask them to answer “agreed”."),
        ),
        Starter(
            "terms_agreed", "objection", _("“I have to think it over.”"),
            answers=(
                _("“Of course. What is it that you want to think about: the price, the time, or "
                  "whether it works for you?”"),
                _("“When shall I call: Tuesday at ten?” A day, not “some time”."),
            ),
        ),
        Starter(
            "preparation", "instruction", _("Hand over without loss"),
            _("Whoever delivers knows: what was promised, to whom, by when, and what matters most "
              "to the client."),
        ),
        Starter("obligation_fulfilled", "question", _("What went well, and what did not?"),
                _("Write the answer down: it is the beginning of the next sale.")),
        Starter("obligation_fulfilled", "question",
                _("Who else do you know who could use this?")),
    ]  # fmt: skip


def _b2b() -> list[Starter]:
    return [
        Starter(
            "new", "script", _("First answer to a request"),
            _("Within the hour, while they still have the page open:\n\n“You asked about … "
              "today. Two questions, so that I don't waste your time: what should be different "
              "afterwards, and by when?”"),
        ),
        Starter("new", "question", _("How did you hear of us?")),
        Starter(
            "qualified", "instruction", _("What has to be known here"),
            _("- The need in their own words\n- Who decides, who pays, who uses it\n"
              "- Budget and date\n- Who else they talk to"),
        ),
        Starter("qualified", "question", _("What have you tried so far?")),
        Starter(
            "qualified", "objection", _("“Just send me something by mail.”"),
            answers=(
                _("“Gladly. So that it is the right thing: which of these two matters to "
                  "you?” Then send one page, and name the day on which you call."),
            ),
        ),
        Starter(
            "demo", "instruction", _("A demo is a conversation"),
            _("1. Ask again what should be different afterwards.\n2. Show only that, with their "
              "own figures.\n3. After each part: “Would that help?”\n4. Agree on the next step "
              "before you hang up."),
        ),
        Starter("demo", "question", _("Who would have to see this too?")),
        Starter(
            "demo", "objection", _("“It lacks a thing we need.”"),
            answers=(
                _("“What would you do with it?” Often there is another way to the same end."),
                _("Say plainly if it isn't there. Write it down as lost reason or wish."),
            ),
        ),
        Starter(
            "quote", "instruction", _("Call before they read it alone"),
            _("Go through the quote on the telephone, from the benefit to the price. You see when "
              "it is opened: call then."),
        ),
        Starter(
            "quote", "objection", _("“Your competitor is cheaper.”"),
            answers=(
                _("“They may be. Is it the same: support, dates, what happens when it fails?”"),
                _("Ask for the other quote's lines and compare like with like."),
            ),
        ),
        Starter(
            "negotiation", "instruction", _("Nothing for nothing"),
            _("A discount has a price: a longer term, a larger quantity, payment in advance, a "
              "reference. **Ask first, then give.**"),
        ),
        Starter(
            "negotiation", "objection", _("“We need ten per cent.”"),
            answers=(
                _("“If I could: would you sign this week?”"),
                _("“What could we leave out?”"),
            ),
        ),
        Starter("contract", "question", _("What could still stop it?"),
                _("Law, purchasing, holidays: ask for names and days.")),
    ]  # fmt: skip


STARTERS: dict[str, Callable[[], list[Starter]]] = {
    "typical_sale": _typical_sale,
    "b2b": _b2b,
}
"""What there is to begin with, by the pipeline's template."""

"""How people are scored, what was learnt, and what each one's score is."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from suppilo.analytics.scores import LearnedScore
from suppilo.apps.accounts.models import User


class Temperature(models.TextChoices):
    """How soon somebody is worth a call."""

    HOT = "hot", _("Hot")
    WARM = "warm", _("Warm")
    COLD = "cold", _("Cold")


class ScoreSheet(models.Model):
    """What people are scored by; rows are only added, the last one that was saved counts.

    Attributes
    ----------
    rules
        In the form of :meth:`suppilo.analytics.scores.ScoreRules.to_dict`.
    goal
        The event whose chance is learnt from history; empty: none is.
    horizon_days
        Within how many days it is to happen.
    again
        Whether those are asked about too who have reached it before.
    is_guess
        The server guessed it from the data; it is guessed again while nobody has saved one.
    made_by
        Null for the server, and for who is gone.
    lesson_at
        When its goal was last set to be learnt.
    """

    rules = models.JSONField()
    goal = models.CharField(max_length=200, blank=True)
    horizon_days = models.PositiveSmallIntegerField(default=30)
    again = models.BooleanField(default=False)
    is_guess = models.BooleanField(default=False)
    made_by: models.ForeignKey[User | None, User | None] = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    made_at = models.DateTimeField(default=timezone.now)
    lesson_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def version(self) -> int:
        """What names it."""
        return int(self.pk)


class LearnedModel(models.Model):
    """What was learnt of a goal's chance; or why nothing could be.

    Attributes
    ----------
    again
        Whether those were asked about too who had reached the goal before.
    parameters
        In the form of :meth:`suppilo.analytics.scores.LearnedScore.to_dict`: plain numbers,
        nothing that runs; null where it was refused.
    refusal
        In the form of :meth:`suppilo.analytics.scores.TooFew.to_dict`; null where it was learnt.
    drift, drift_at
        How far people have moved since, the probabilities first, and when that was measured.
    """

    goal = models.CharField(max_length=200)
    horizon_days = models.PositiveSmallIntegerField()
    again = models.BooleanField(default=False)
    parameters: models.JSONField[Any, Any] = models.JSONField(null=True)
    refusal: models.JSONField[Any, Any] = models.JSONField(null=True)
    drift: models.JSONField[Any, Any] = models.JSONField(default=list)
    drift_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["goal", "horizon_days", "again", "-id"], name="learned_model_last")
        ]

    def __str__(self) -> str:
        return f"{self.goal} {self.horizon_days}"

    @property
    def is_refused(self) -> bool:
        """Whether there was too little to learn from."""
        return self.parameters is None

    def read_score(self) -> LearnedScore | None:
        """Return what was learnt, to be asked; None where it was refused.

        Raises
        ------
        DefinitionError
            If another version of the server kept it in another form.
        """
        return None if self.parameters is None else LearnedScore.from_dict(self.parameters)


class HeldCase(models.Model):
    """Somebody at a moment, whom a score was learned from or tested on; of the last lesson only.

    Attributes
    ----------
    person
        The person's number; it refers to nobody once the person has vanished.
    at
        The moment: what was known by then foretold what came after.
    reached
        Whether the goal came within the horizon.
    probability
        What was foretold, 0..1; null where it was learned from.
    band
        The place among the card's bands, from 0 for the likeliest; null where it was learned from.
    """

    model = models.ForeignKey(LearnedModel, models.CASCADE, related_name="cases")
    person = models.BigIntegerField()
    at = models.DateTimeField()
    probability = models.FloatField(null=True)
    reached = models.BooleanField()
    band = models.PositiveSmallIntegerField(null=True)

    class Meta:
        ordering: ClassVar = ["-probability", "id"]
        indexes: ClassVar = [
            models.Index(fields=["model", "band", "-probability", "id"], name="held_case_band")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.probability}"


class Score(models.Model):
    """What a known person's score is, and why.

    A person who vanishes takes no harm from it: the number refers to nobody then, and the next
    round removes the row.

    Attributes
    ----------
    person
        The person's number.
    points
        Fit times engagement (docs/explanation/algorithms/scores.md), which sorts people.
    probability
        The chance of the sheet's goal within its horizon, 0..1; null where nothing was learnt.
    reasons
        What made the points, the largest share first: ``{"name", "kind", "points", "count",
        "last_us"}``.
    chance_reasons
        What moves the chance most: ``{"kind", "subject", "effect", "facts", "usual"}``, as of
        :class:`suppilo.analytics.scores.LearnedReason`.
    at
        When it last changed.
    """

    person = models.BigIntegerField(primary_key=True)
    fit = models.FloatField()
    engagement = models.FloatField()
    points = models.FloatField()
    temperature = models.CharField(max_length=4, choices=Temperature.choices)
    probability = models.FloatField(null=True)
    reasons: models.JSONField[Any, Any] = models.JSONField(default=list)
    chance_reasons: models.JSONField[Any, Any] = models.JSONField(default=list)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-points", "-engagement", "-person"]
        indexes: ClassVar = [
            models.Index(fields=["-points", "-engagement", "-person"], name="score_points"),
            models.Index(fields=["temperature", "-points", "-engagement", "-person"],
                         name="score_temperature"),
            models.Index(fields=["-probability", "-person"], name="score_probability",
                         condition=~Q(probability=None)),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.person}: {self.points}"

    @property
    def tone(self) -> str:
        """The badge's class."""
        return {Temperature.HOT: "bad", Temperature.WARM: "warn"}.get(
            Temperature(self.temperature), ""
        )


class ScoreRound(models.Model):
    """That everybody was scored: when, by what, of which events, and what came out.

    Attributes
    ----------
    events
        What names the events and people that were read.
    changed
        How many scores were written or removed.
    """

    at = models.DateTimeField()
    sheet = models.ForeignKey(ScoreSheet, models.CASCADE, related_name="+")
    model: models.ForeignKey[LearnedModel | None, LearnedModel | None] = models.ForeignKey(
        LearnedModel, models.SET_NULL, null=True, related_name="+"
    )
    events = models.CharField(max_length=64)
    hot = models.PositiveIntegerField()
    warm = models.PositiveIntegerField()
    cold = models.PositiveIntegerField()
    changed = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["at"], name="score_round_at")]

    def __str__(self) -> str:
        return str(self.at)

    @property
    def scored(self) -> int:
        """How many people have a score."""
        return self.hot + self.warm + self.cold

"""Plan and fact: how far everybody is, and whose business that is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q, QuerySet

from suppilo.apps.accounts.models import Team, User
from suppilo.apps.accounts.permissions import Permission, allows, require
from suppilo.apps.quotas.facts import Facts, read_facts
from suppilo.apps.quotas.models import Measure, Quota, QuotaChange
from suppilo.apps.quotas.periods import Period


@dataclass(frozen=True, slots=True)
class QuotaQuestion:
    """Which quotas: a period's, of one measure."""

    period: Period
    measure: Measure
    currency: str = ""
    pipeline: int | None = None


@dataclass(frozen=True, slots=True)
class Attainment:
    """How far somebody, or a team, is.

    Attributes
    ----------
    target
        None where there is none; the fact is shown all the same.
    gone
        How much of the period is over, 0..1.
    quota_id
        Whose target it is; None where there is none.
    """

    name: str
    user_id: int | None
    team_id: int | None
    target: Decimal | None
    fact: Decimal
    gone: float
    quota_id: int | None = None

    @property
    def rate(self) -> float | None:
        """The fact's share of the target: 1 is all of it."""
        return float(self.fact / self.target) if self.target else None

    @property
    def pace(self) -> float | None:
        """The rate against the share of the period that is over: 1 is on time.

        None where there is no target, or the period has not begun.
        """
        return self.rate / self.gone if self.rate is not None and self.gone else None

    @property
    def expected(self) -> Decimal | None:
        """What would be reached by now at an even pace."""
        return None if self.target is None else self.target * Decimal(str(self.gone))


@dataclass(frozen=True, slots=True)
class Board:
    """People and teams, the furthest first; who has neither target nor fact is left out."""

    people: list[Attainment]
    teams: list[Attainment]


def visible_quotas(user: User) -> QuerySet[Quota]:
    """Return the quotas that a user sees: all with all deals, else own, the teams' and mates'.

    Raises
    ------
    PermissionDenied
        If the role may not see deals.
    """
    people, teams = _seen(user)
    if people is None:
        return Quota.objects.all()
    return Quota.objects.filter(Q(user__in=people) | Q(team__in=teams))


def read_board(user: User, asked: QuotaQuestion, now: datetime) -> Board:
    """Return how far everybody is whom a user sees, in a handful of queries."""
    people, teams = _seen(user)
    quotas = visible_quotas(user).filter(
        span=asked.period.span, starts_on=asked.period.starts_on, measure=asked.measure,
        currency=asked.currency, pipeline=asked.pipeline,
    )  # fmt: skip
    found = {(quota.user_id, quota.team_id): quota for quota in quotas}
    facts = read_facts(
        asked.measure, asked.period.start, asked.period.end, asked.currency, asked.pipeline
    )
    gone = asked.period.share_gone(now)
    return Board(
        _people(found, facts, people, gone),
        _teams(found, facts, None if people is None else teams, gone),
    )


def list_changes(user: User, asked: QuotaQuestion) -> QuerySet[QuotaChange]:
    """Return what was changed about a period's quotas, the latest first."""
    require(user, Permission.MANAGE_QUOTAS)
    return QuotaChange.objects.filter(
        span=asked.period.span, starts_on=asked.period.starts_on, measure=asked.measure,
        currency=asked.currency, pipeline=asked.pipeline,
    ).select_related("user", "team", "by")  # fmt: skip


def _seen(user: User) -> tuple[set[int] | None, set[int]]:
    """Return the users and the teams that somebody sees; None for all users and teams."""
    require(user, Permission.SEE_DEALS)
    if allows(user, Permission.SEE_ALL_DEALS):
        return None, set()
    teams = set(user.teams.values_list("pk", flat=True))
    mates = set(User.objects.filter(teams__in=teams).values_list("pk", flat=True))
    return mates | {user.pk}, teams


def _people(
    quotas: dict[tuple[int | None, int | None], Quota],
    facts: Facts,
    seen: set[int] | None,
    gone: float,
) -> list[Attainment]:
    wanted = {number for number, _team in quotas if number is not None} | set(facts.of_users)
    users = User.objects.filter(pk__in=wanted if seen is None else wanted & seen)
    rows = [
        _attainment(
            str(user), (user.pk, None), quotas, facts.of_users.get(user.pk, Decimal(0)), gone
        )
        for user in users
    ]
    return sorted(rows, key=_place)


def _teams(
    quotas: dict[tuple[int | None, int | None], Quota],
    facts: Facts,
    seen: set[int] | None,
    gone: float,
) -> list[Attainment]:
    wanted = {team for _user, team in quotas if team is not None} | set(facts.of_teams)
    teams = Team.objects.filter(pk__in=wanted if seen is None else wanted & seen)
    rows = [
        _attainment(
            team.name, (None, team.pk), quotas, facts.of_teams.get(team.pk, Decimal(0)), gone
        )
        for team in teams
    ]
    return sorted(rows, key=_place)


def _attainment(
    name: str,
    whose: tuple[int | None, int | None],
    quotas: dict[tuple[int | None, int | None], Quota],
    fact: Decimal,
    gone: float,
) -> Attainment:
    quota = quotas.get(whose)
    if quota is None:
        return Attainment(name, *whose, None, fact, gone)
    return Attainment(name, *whose, quota.target, fact, gone, quota.pk)


def _place(row: Attainment) -> tuple[bool, float, Decimal, str]:
    return (row.rate is None, -(row.rate or 0.0), -row.fact, row.name)

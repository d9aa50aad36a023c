"""Watch a figure, stop it, follow it."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.utils.translation import gettext as _

from suppilo.apps.accounts.models import User
from suppilo.apps.accounts.permissions import Permission, require
from suppilo.apps.accounts.services import record_audit
from suppilo.apps.events.selectors import open_events
from suppilo.apps.funnels.selectors import list_funnels
from suppilo.apps.jobs.services import start_job
from suppilo.apps.pipelines.models import Stage
from suppilo.apps.segments.selectors import list_segments
from suppilo.apps.watch.figures import NewFigure, guess_figures
from suppilo.apps.watch.models import Figure, FigureKind, Follow
from suppilo.apps.watch.selectors import list_figures

MOST_FIGURES = 200
LONGEST_WITHIN = 90


@transaction.atomic
def watch_figure(actor: User, new: NewFigure) -> Figure:
    """Watch a figure from now on, and follow it; one that is watched already is followed only.

    Raises
    ------
    PermissionDenied
        If the role may not save reports, or the figure takes deals that the actor does not see.
    ValidationError
        By field: if there is no such event, funnel or stage, or too many are watched.
    """
    figure = _watch(actor, new)
    start_job(None, "watch_figures", {"figure_ids": [figure.pk]})
    return figure


@transaction.atomic
def watch_what_matters(actor: User) -> list[Figure]:
    """Watch the main events, saved funnels and stages, as far as nobody does; return the new ones.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    """
    require(actor, Permission.SAVE_REPORTS)
    room = max(0, MOST_FIGURES - Figure.objects.count())
    made = [_watch(actor, new) for new in guess_figures(actor)[:room]]
    if made:
        start_job(None, "watch_figures", {"figure_ids": [figure.pk for figure in made]})
    return made


def _watch(actor: User, new: NewFigure) -> Figure:
    require(actor, Permission.SAVE_REPORTS)
    if new.needs_deals:
        require(actor, Permission.SEE_ALL_DEALS)
    name = _check(actor, new)
    figure = Figure.objects.filter(key=new.key).first()
    if figure is None:
        if Figure.objects.count() >= MOST_FIGURES:
            text = _("%(n)s figures are watched already. Remove some first.") % {"n": MOST_FIGURES}
            raise ValidationError(text)
        figure = Figure.objects.create(
            kind=new.kind, event=new.event, amount=new.amount, funnel_id=new.funnel_id,
            within_days=new.within_days, pipeline_id=new.pipeline_id, stage_key=new.stage_key,
            name=name, by=new.by, value=new.value, segment_id=new.segment_id,
            needs_deals=new.needs_deals, key=new.key, created_by=actor,
        )  # fmt: skip
        record_audit(actor, "watch_figure", figure, kind=new.kind)
    Follow.objects.get_or_create(figure=figure, user=actor)
    return figure


def _check(actor: User, new: NewFigure) -> str:
    """Return the figure's name, if all that it is of is there."""
    if bool(new.by) != (new.value is not None):
        raise ValidationError({"value": _("Name a property and its value, or neither.")})
    if new.segment_id is not None and not list_segments(actor).filter(pk=new.segment_id).exists():
        raise ValidationError({"segment": _("There is no such segment. Choose one of the list.")})
    if new.within_days is not None and not 1 <= new.within_days <= LONGEST_WITHIN:
        text = _("One may convert within 1 to %(n)s days.") % {"n": LONGEST_WITHIN}
        raise ValidationError({"within_days": text})
    if new.kind == FigureKind.FUNNEL:
        return _check_funnel(actor, new)
    if new.kind in (FigureKind.STAGE, FigureKind.ADVANCE):
        return _check_stage(new)
    return _check_event(new)


def _check_funnel(actor: User, new: NewFigure) -> str:
    funnel = list_funnels(actor).filter(pk=new.funnel_id or 0).first()
    if funnel is None:
        raise ValidationError({"funnel": _("There is no such funnel. Choose one that is saved.")})
    own = funnel.read_definition().segment
    if new.segment_id is not None and own not in (None, new.segment_id):
        text = _("This funnel is of another segment already. Choose none here.")
        raise ValidationError({"segment": text})
    _check_property(new)
    return ""


def _check_stage(new: NewFigure) -> str:
    stages = Stage.objects.filter(
        version__pipeline=new.pipeline_id, version__pipeline__current__isnull=False,
        key=new.stage_key,
    )  # fmt: skip
    stage = stages.select_related("version__pipeline").order_by("-version__number").first()
    if stage is None:
        raise ValidationError({"stage": _("There is no such stage.")})
    if new.by not in ("", "channel"):
        raise ValidationError({"by": _("Entries of a stage can be told apart by channel only.")})
    return f"{stage.version.pipeline.name}: {stage.name}"[:250]


def _check_event(new: NewFigure) -> str:
    if new.kind not in (FigureKind.EVENTS, FigureKind.SUM):
        raise ValidationError({"kind": _("Choose what is to be watched.")})
    if new.event not in open_events().event_names() or len(new.event) > 200:
        text = _("There is no event “%(name)s”.") % {"name": new.event[:60]}
        raise ValidationError({"event": text})
    _check_property(new)
    if new.kind == FigureKind.EVENTS:
        return new.event
    if new.amount not in open_events().property_names():
        text = _("There is no property “%(name)s”.") % {"name": new.amount[:60]}
        raise ValidationError({"amount": text})
    return f"{new.amount} · {new.event}"[:250]


def _check_property(new: NewFigure) -> None:
    if new.by and new.by not in open_events().property_names():
        text = _("There is no property “%(name)s”.") % {"name": new.by[:60]}
        raise ValidationError({"by": text})


def find_figure(user: User, figure_id: int) -> Figure:
    """Return a figure that somebody may see.

    Raises
    ------
    Http404
        If there is none.
    """
    figure = list_figures(user).filter(pk=figure_id).first()
    if figure is None:
        raise Http404
    return figure


@transaction.atomic
def unwatch_figure(actor: User, figure_id: int) -> None:
    """Watch a figure no more; its alerts are removed with it.

    Raises
    ------
    PermissionDenied
        If the role may not save reports.
    Http404
        If the actor sees no such figure.
    """
    require(actor, Permission.SAVE_REPORTS)
    figure = find_figure(actor, figure_id)
    record_audit(actor, "unwatch_figure", figure)
    Figure.objects.get(pk=figure.pk).delete()


@transaction.atomic
def follow_figure(actor: User, figure_id: int, *, is_on: bool) -> None:
    """Be mailed a figure's alerts, or no more.

    Raises
    ------
    PermissionDenied
        If the role sees no reports.
    Http404
        If the actor sees no such figure.
    """
    require(actor, Permission.SEE_REPORTS)
    figure = find_figure(actor, figure_id)
    if is_on:
        Follow.objects.get_or_create(figure_id=figure.pk, user=actor)
    else:
        Follow.objects.filter(figure_id=figure.pk, user=actor).delete()
    record_audit(actor, "follow_figure", figure, is_on=is_on)

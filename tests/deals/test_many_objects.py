"""Rows of deals written many at once lie in the database as the ORM lays them there."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from deals_support.deal_world import deal_in, pipeline_of
from suppilo.apps.deals.models import FieldChange, LineItem
from suppilo.apps.people.bulk import read_rows, write_objects
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 4, 5, 6, 7, 89, UTC)


def make_rows(deal, user):
    """Make a row of each kind of value: none, JSON, money in several forms, times of two zones."""
    return [
        FieldChange(deal=deal, field="a", old=None, new={"ü": [1.5, None]}, by=user,
                    source="page", at=AT),
        FieldChange(deal=deal, field="b", old="", new=[], source="import",
                    at=AT.astimezone(timezone(timedelta(hours=-7)))),
    ], [
        LineItem(deal=deal, description="'%s'", quantity=Decimal("1.5"),
                 unit_price=Decimal("1E+2")),
        LineItem(deal=deal, description="", quantity=Decimal(2), unit_price=Decimal("0.33333"),
                 list_price=Decimal("12.50"), unit_cost=Decimal(0), discount=Decimal("0.10")),
    ]  # fmt: skip


def test_objects_written_many_at_once_are_as_the_orm_writes_them():
    user = make_user("owner")
    pipeline = pipeline_of()
    ours, theirs = deal_in(pipeline), deal_in(pipeline)
    for model, mine, usual in zip(
        (FieldChange, LineItem), make_rows(ours, user), make_rows(theirs, user), strict=True
    ):
        write_objects(mine)
        model.objects.bulk_create(usual)
        names = [field.attname for field in model._meta.concrete_fields
                 if field.attname not in ("id", "deal_id")]  # fmt: skip
        raw = [
            sorted(read_rows(model, "deal_id", [deal.pk], names), key=str)
            for deal in (ours, theirs)
        ]
        assert raw[0] == raw[1]
        assert len(raw[0]) == 2
    write_objects([])

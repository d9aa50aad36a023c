"""What was written into the ledger stays, whatever writes past the services."""

import pytest
from django.db import DatabaseError, NotSupportedError, connection, transaction

from deals_support.deal_world import asks, deal_in, move, pipeline_of, stage
from suppilo.apps.deals.models import StageChange, Waiver
from web_support.accounts import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def change():
    pipeline = pipeline_of(stage("a"), stage("b", asks("document")))
    return move(deal_in(pipeline), "b", make_user("owner"), waiver="So it is.")


def execute(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_no_column_of_an_entry_or_a_waiver_is_written_again(change):
    for model in (StageChange, Waiver):
        for field in model._meta.concrete_fields:
            row = model.objects.get() if model is Waiver else change
            table, name = model._meta.db_table, field.column
            with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
                execute(f'UPDATE {table} SET "{name}" = "{name}" WHERE id = {row.pk}')


def test_neither_the_models_nor_their_lists_change_or_remove_entries(change):
    refused = (DatabaseError, NotSupportedError)
    for row in (change, change.waivers.get()):
        for do in (row.save, row.delete, type(row).objects.all().delete):
            with pytest.raises(refused, match="only ever added to"), transaction.atomic():
                do()
    with pytest.raises(refused, match="only ever added to"), transaction.atomic():
        change.deal.changes.update(reason="another")
    assert (StageChange.objects.count(), Waiver.objects.count()) == (2, 1)


def test_an_entry_goes_with_its_deal_and_forgets_a_user_who_goes(change):
    other = make_user("head_of_sales")
    moved = move(change.deal, "a", other, reason="Too early")
    StageChange.objects.filter(pk=moved.pk).update(actor=None)
    moved.refresh_from_db()
    assert (moved.actor, moved.reason) == (None, "Too early")
    change.deal.delete()
    assert not StageChange.objects.exists()
    assert not Waiver.objects.exists()

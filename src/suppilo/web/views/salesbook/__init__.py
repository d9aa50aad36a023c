"""The sales book: read by stage, beside a deal, and written by who keeps it."""

from django.urls import path

from suppilo.web.views.salesbook import book, deal, editing, next_action

urlpatterns = [
    path("", book.sales_book, name="sales_book"),
    path("start/<int:pipeline_id>/", editing.start, name="start_book"),
    path("new/<int:pipeline_id>/", editing.new_entry, name="new_book_entry"),
    path("<int:entry_id>/", book.entry, name="book_entry"),
    path("<int:entry_id>/change/", editing.change, name="change_book_entry"),
    path("<int:entry_id>/archive/", editing.archive, name="archive_book_entry"),
    path("<int:entry_id>/file/<int:number>/", book.material, name="book_material"),
    path("of-deal/<int:deal_id>/", deal.deal_script, name="deal_script"),
    path("of-deal/<int:deal_id>/next/", next_action.deal_next_action, name="deal_next_action"),
    path("of-deal/<int:deal_id>/next/deals/", next_action.next_action_deals,
         name="next_action_deals"),
    path("of-deal/<int:deal_id>/<int:entry_id>/", deal.use, name="use_book_entry"),
]  # fmt: skip

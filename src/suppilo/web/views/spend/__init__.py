"""Spend: what channels cost and bring, and the files of daily figures."""

from django.urls import path

from suppilo.web.views.spend import files
from suppilo.web.views.spend.page import spend, spend_rows

urlpatterns = [
    path("", spend, name="spend"),
    path("rows/", spend_rows, name="spend_rows"),
    path("files/new/", files.upload, name="spend_upload"),
    path("files/<int:file_id>/", files.show_file, name="spend_file"),
    path("files/<int:file_id>/bring-in/", files.bring, name="spend_bring_in"),
    path("files/<int:file_id>/undo/", files.undo, name="spend_undo"),
    path("files/<int:file_id>/remove/", files.remove, name="spend_remove"),
]

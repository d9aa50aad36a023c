"""Pages for quotas: plan and fact, and the grid in which targets are set."""

from django.urls import URLPattern, path

from suppilo.web.views.quotas import board, grid

urlpatterns: list[URLPattern] = [
    path("", board.show_board, name="quotas"),
    path("set/", grid.edit_grid, name="quotas_set"),
    path("copy/", grid.copy, name="quotas_copy"),
]

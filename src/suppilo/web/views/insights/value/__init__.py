"""Customer value: the page, the customers, and files."""

from django.urls import path

from suppilo.web.views.insights.value.customers import export_customers, value_customers
from suppilo.web.views.insights.value.page import value

urlpatterns = [
    path("", value, name="value"),
    path("customers/", value_customers, name="value_customers"),
    path("customers/export/<str:kind>/", export_customers, name="export_value_customers"),
]

"""Pages for the catalogue: products, price books, rates of exchange, discount limits."""

from django.urls import URLPattern, path

from suppilo.web.views.catalogue import books, limits, products, rates

urlpatterns: list[URLPattern] = [
    path("", products.show_products, name="products"),
    path("new/", products.make, name="product_new"),
    path("<int:product_id>/", products.show_product, name="product"),
    path("<int:product_id>/archive/", products.archive, name="product_archive"),
    path("<int:product_id>/restore/", products.restore, name="product_restore"),
    path("books/", books.show_books, name="price_books"),
    path("books/<int:book_id>/", books.show_book, name="price_book"),
    path("books/<int:book_id>/rename/", books.rename, name="price_book_rename"),
    path("books/<int:book_id>/default/", books.set_default, name="price_book_default"),
    path("books/<int:book_id>/archive/", books.archive, name="price_book_archive"),
    path("books/<int:book_id>/restore/", books.restore, name="price_book_restore"),
    path("books/<int:book_id>/import/", books.import_list, name="price_book_import"),
    path("rates/", rates.show_rates, name="exchange_rates"),
    path("rates/<int:rate_id>/remove/", rates.remove, name="exchange_rate_remove"),
    path("limits/", limits.show_limits, name="discount_limits"),
    path("limits/<int:limit_id>/remove/", limits.remove, name="discount_limit_remove"),
]

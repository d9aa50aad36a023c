"""Pages for quotes: the list, one quote, our own details; and the customer's page by its link."""

from django.urls import URLPattern, path

from suppilo.web.views.quotes import actions, letterhead, listing, one, public

urlpatterns: list[URLPattern] = [
    path("quotes/", listing.show_quotes, name="quotes"),
    path("quotes/details/", letterhead.show_letterhead, name="letterhead"),
    path("quotes/details/logo/", letterhead.upload_logo, name="letterhead_logo"),
    path("quotes/details/logo/remove/", letterhead.drop_logo, name="letterhead_logo_remove"),
    path("quotes/details/logo.png", letterhead.show_logo, name="letterhead_logo_picture"),
    path("quotes/of/<int:deal_id>/", listing.show_of_deal, name="deal_quotes"),
    path("quotes/of/<int:deal_id>/new/", actions.make, name="quote_new"),
    path("quotes/<int:quote_id>/", one.show_quote, name="quote"),
    path("quotes/<int:quote_id>/quote.pdf", one.show_pdf, name="quote_pdf"),
    path("quotes/<int:quote_id>/lines/", actions.renew_lines, name="quote_lines"),
    path("quotes/<int:quote_id>/send/", actions.send, name="quote_send"),
    path("quotes/<int:quote_id>/mail/", actions.mail, name="quote_mail"),
    path("quotes/<int:quote_id>/revise/", actions.revise, name="quote_revise"),
    path("quotes/<int:quote_id>/withdraw/", actions.withdraw, name="quote_withdraw"),
    path("quotes/<int:quote_id>/delete/", actions.delete, name="quote_delete"),
    path("quotes/<int:quote_id>/link/renew/", actions.renew_link, name="quote_link_renew"),
    path("quotes/<int:quote_id>/link/revoke/", actions.revoke_link, name="quote_link_revoke"),
    path("q/<str:token>/", public.show_quote, name="public_quote"),
    path("q/<str:token>/quote.pdf", public.show_pdf, name="public_quote_pdf"),
    path("q/<str:token>/accept/", public.accept, name="public_quote_accept"),
    path("q/<str:token>/decline/", public.refuse, name="public_quote_refuse"),
]

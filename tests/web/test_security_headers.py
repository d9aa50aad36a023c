"""What holds for every answer, and for every request that writes."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from django.test import Client

from suppilo.apps.accounts.models import ApiToken
from suppilo.apps.accounts.services.tokens import make_token
from web_support.accounts import PASSWORD, client_for, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/login/", "/nothing-here/", "/api/me", "/static/css/base.css"])
def test_every_answer_says_that_only_our_own_files_may_run(path):
    make_user("owner")
    answer = Client().get(path)
    answer.close()
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'; base-uri 'none'; object-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_pages_are_not_kept_by_caches():
    assert client_for("viewer").get("/account/").headers["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://testserver.evil.example"},
        {"origin": "http://testserver:8080"},
    ],
)
def test_write_that_another_site_sends_is_refused(headers):
    user = make_user("viewer")
    answer = client_for(user).post("/account/", {"name": "Evil"}, headers=headers)
    assert answer.status_code == 403
    user.refresh_from_db()
    assert user.name != "Evil"


@pytest.mark.parametrize(
    "headers",
    [{}, {"origin": "http://testserver", "sec-fetch-site": "same-origin"}],
)
def test_write_from_our_own_pages_is_taken(headers):
    answer = client_for("viewer").post("/account/", {"name": "Vera"}, headers=headers)
    assert answer.status_code == 302


@pytest.mark.parametrize(
    ("scheme", "said"), [("https", "__Host-session __Host-csrf True True"),
                         ("http", "session csrf False False")]
)  # fmt: skip
def test_cookies_of_a_server_with_https_are_of_its_very_host_alone(tmp_path, scheme, said):
    program = """
from suppilo.web import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE)
"""
    environ = os.environ | {
        "SUPPILO_HOME": str(tmp_path), "SUPPILO_BASE_URL": f"{scheme}://sales.example.com",
        "SUPPILO_SECRET_KEY": "of this test",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == said


def test_login_from_another_site_is_refused():
    user = make_user("viewer")
    sent = {"email": user.email, "password": PASSWORD}
    answer = Client().post("/login/", sent, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert "came from another site" in answer.content.decode()


def test_get_changes_nothing_where_only_a_post_may():
    client = client_for("owner")
    for path in ("/logout/", "/team/members/1/deactivate/", "/team/teams/1/delete/"):
        assert client.get(path).status_code == 405


def test_form_that_has_expired_says_so():
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("viewer"))
    answer = client.post("/account/", {"name": "Vera"})
    assert answer.status_code == 403
    assert "The form has expired" in answer.content.decode()


def test_parameter_sent_twice_has_one_meaning():
    client = client_for("owner")
    answer = client.get("/team/?page=1&page=999")
    assert answer.status_code == 200
    assert answer.context["page"].previous == "998"


def test_error_pages_show_neither_the_error_nor_the_secret(settings):
    client = client_for("viewer")
    page = client.get("/team/").content.decode()
    assert "Your role doesn't allow this" in page.replace("&#x27;", "'")
    assert "manage_team" not in page
    assert settings.SECRET_KEY not in page


def test_user_reads_in_their_own_language_and_time_zone():
    user = make_user("viewer")
    user.language, user.time_zone = "fi", "Asia/Tokyo"
    user.save()
    token, _ = make_token(user, "Export")
    ApiToken.objects.filter(pk=token.pk).update(last_used_at=datetime(2026, 3, 1, 20, tzinfo=UTC))
    page = client_for(user).get("/account/tokens/").content.decode()
    assert '<html lang="fi">' in page
    assert "2.3.2026 5.00" in page

"""Makes what a route is about: a real object that the caller may have, as the URL's arguments.

Whoever may not make such a thing gets one of somebody else's that is shared with everyone, where
it can be shared; what one makes oneself is private.
"""

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from people_support.people_world import SOURCE, evidence, link, seen
from people_support.people_world import user as known
from suppilo.analytics.funnel import FunnelDefinition
from suppilo.apps.accounts.models import Role, User
from suppilo.apps.accounts.permissions import Permission, allows
from suppilo.apps.accounts.services.invitations import invite
from suppilo.apps.accounts.services.passwords import make_reset_link
from suppilo.apps.accounts.services.teams import make_team
from suppilo.apps.accounts.services.tokens import make_token
from suppilo.apps.capture.models import Quarantined, Source, Suppression
from suppilo.apps.capture.services import make_rule, make_source, suppress_identifiers
from suppilo.apps.funnels.models import Dashboard, SavedFunnel
from suppilo.apps.funnels.services.dashboards import create_dashboard, pin_funnel, share_dashboard
from suppilo.apps.funnels.services.funnels import save_funnel
from suppilo.apps.imports.services import upload_file
from suppilo.apps.insights.what_if import (
    LevelAsked,
    WhatIfQuestion,
    answer_what_if,
    make_baseline,
)
from suppilo.apps.jobs.services import start_job
from suppilo.apps.people.models import Company, Identifier, MergeEntry
from suppilo.apps.people.services import make_company, merge_people, record_evidence, save_view
from suppilo.apps.scenarios.models import Scenario
from suppilo.apps.scenarios.services import save_scenario
from suppilo.apps.spend.services import upload_spend

Arguments = dict[str, Any]


def add_user(role: str) -> User:
    """Make a user of a role who never types a password."""
    number = User.objects.count() + 1
    return User.objects.create(email=f"{role}{number}@example.com", name=role, role=role)


def nothing(user: User) -> Arguments:
    """Return no arguments."""
    del user
    return {}


def as_csv(user: User) -> Arguments:
    return {"kind": "csv"}


def a_member(user: User) -> Arguments:
    return {"member_id": add_user(Role.VIEWER).pk}


def a_team(user: User) -> Arguments:
    return {"team_id": make_team(_owner(), "East").pk}


def a_token(user: User) -> Arguments:
    return {"token_id": make_token(user, "Export")[0].pk}


def an_invitation(user: User) -> Arguments:
    return {"invitation_id": invite(_owner(), "new@example.com", Role.VIEWER)[0].pk}


def an_invitation_link(user: User) -> Arguments:
    return {"secret": invite(_owner(), "new@example.com", Role.VIEWER)[1]}


def a_reset_link(user: User) -> Arguments:
    key, token = make_reset_link(add_user(Role.VIEWER)).rstrip("/").split("/")[-2:]
    return {"key": key, "token": token}


def a_funnel(user: User) -> Arguments:
    return {"pk": _funnel(user).pk}


def an_api_funnel(user: User) -> Arguments:
    return {"funnel_id": _funnel(user).pk}


def a_dashboard(user: User) -> Arguments:
    return {"pk": _dashboard(user).pk}


def a_pin(user: User) -> Arguments:
    board = _dashboard(user)
    pin = pin_funnel(_able(user, Permission.SAVE_REPORTS), board, _funnel(user))
    return {"pk": board.pk, "pin_pk": pin.pk}


def a_source(user: User) -> Arguments:
    return {"source_id": _source().pk}


def a_source_key(user: User) -> Arguments:
    source = _source()
    return {"source_id": source.pk, "key_id": source.keys.get().pk}


def a_rule(user: User) -> Arguments:
    source = _source()
    return {"source_id": source.pk, "rule_id": make_rule(_owner(), source, "drop").pk}


def a_refused_event(user: User) -> Arguments:
    made = Quarantined.objects.create(
        source=_source(), reason="no_identity", digest=bytes(16), event_id="m", name="x",
        raw=b"{}", received_us=1,
    )  # fmt: skip
    return {"event_id": made.pk}


def a_refused_event_in_form(user: User) -> Arguments:
    return {"event": [a_refused_event(user)["event_id"]]}


def an_import(user: User) -> Arguments:
    owner = _able(user, Permission.IMPORT_FILES)
    return {"import_id": upload_file(owner, "x.csv", [b"id,event,time\n"]).pk}


def an_upload(user: User) -> Arguments:
    del user
    return {"file": SimpleUploadedFile("x.csv", b"id,event,time\n")}


def a_job(user: User) -> Arguments:
    arguments = {"source": 1, "people": 10}
    return {"job_id": start_job(user, "load_demo_visitors", arguments).pk}


def a_person(user: User) -> Arguments:
    """Return a person with a user id and a device, who is in a company."""
    record_evidence(SOURCE, evidence(seen("device", 1), known("anna", 2), link("device", "anna")))
    return {"person_id": _person("anna")}


def another_person(user: User) -> Arguments:
    """Return a field with somebody to merge with that person."""
    record_evidence(SOURCE, evidence(seen("other device", 3)))
    return {"others": [_person("other device")]}


def another_in_form(user: User) -> Arguments:
    return {"other": another_person(user)["others"]}


def two_people(user: User) -> Arguments:
    """Return a field with two people, as the list's form has it."""
    return {"people": [a_person(user)["person_id"], *another_person(user)["others"]]}


def a_device_of_the_person(user: User) -> Arguments:
    return {"identifiers": [Identifier.objects.get(value="device").pk]}


def a_suppression(user: User) -> Arguments:
    suppress_identifiers(_owner(), ["u-17"])
    return {"suppression_id": Suppression.objects.get().pk}


def people_in_a_new_company(user: User) -> Arguments:
    return {**two_people(user), "company_name": "Acme"}


def a_merge(user: User) -> Arguments:
    kept, other = two_people(user)["people"]
    merge_people(_owner(), kept, [other])
    return {"merge_id": MergeEntry.objects.filter(kind="manual").get().pk}


def a_spend_file(user: User) -> Arguments:
    keeper = _able(user, Permission.MANAGE_SPEND)
    return {"file_id": upload_spend(keeper, "march.csv", b"date,cost\n2026-03-02,3\n").pk}


def a_view(user: User) -> Arguments:
    keeper = _able(user, Permission.SEE_PEOPLE)
    return {"view_id": save_view(keeper, "Known", "known=1").pk}


def a_company(user: User) -> Arguments:
    return {"company_id": _company().pk}


def a_scenario(user: User) -> Arguments:
    return {"pk": _scenario(user).pk}


def a_level_of_a_scenario(user: User) -> Arguments:
    return {"pk": _scenario(user).pk, "place": 0}


def an_api_scenario(user: User) -> Arguments:
    return {"scenario_id": _scenario(user).pk}


OWNED = (
    a_scenario,
    a_level_of_a_scenario,
    an_api_scenario,
    a_token,
    a_funnel,
    an_api_funnel,
    a_dashboard,
    a_pin,
    a_job,
    a_view,
)
"""What makes something of a user's own, which others of the same role don't find."""


def _owner() -> User:
    return add_user(Role.OWNER)


def _able(user: User, permission: Permission) -> User:
    return user if allows(user, permission) else _owner()


def _source() -> Source:
    return make_source(_owner(), "Shop", "website")


def _funnel(user: User) -> SavedFunnel:
    definition = FunnelDefinition.from_dict({"steps": ["sign_up"]})
    keeper = _able(user, Permission.SAVE_REPORTS)
    return save_funnel(keeper, "Shop", definition, visibility=_sight(user, keeper))


def _scenario(user: User) -> Scenario:
    keeper = _able(user, Permission.SAVE_REPORTS)
    question = WhatIfQuestion(levels=(LevelAsked("Visits", 200, times=2), LevelAsked("Sales", 4)))
    baseline = make_baseline(keeper, question, 0, 1.0)
    assert baseline is not None
    answer = answer_what_if(question, baseline)
    return save_scenario(keeper, "Twice as many", answer, visibility=_sight(user, keeper))


def _dashboard(user: User) -> Dashboard:
    keeper = _able(user, Permission.SAVE_REPORTS)
    board = create_dashboard(keeper, "Monday")
    share_dashboard(keeper, board, _sight(user, keeper))
    return board


def _sight(user: User, keeper: User) -> str:
    return "private" if keeper == user else "everyone"


def _person(identifier: str) -> int:
    return Identifier.objects.get(value=identifier).person_id


def _company() -> Company:
    return make_company(_owner(), "Acme")

"""Pages for accounts: coming in, one's own account, the team."""

from django.urls import URLPattern, path

from suppilo.web.views.accounts import invitations, login, passwords, profile, team, teams, tokens

urlpatterns: list[URLPattern] = [
    path("setup/", login.set_up, name="setup"),
    path("login/", login.log_in, name="login"),
    path("logout/", login.log_out, name="logout"),
    path("session/", login.show_session, name="session"),
    path("password/forgotten/", passwords.ask_for_reset_page, name="password_forgotten"),
    path("password/reset/<str:key>/<str:token>/", passwords.reset, name="password_reset"),
    path("join/<str:secret>/", invitations.join, name="join"),
    path("account/", profile.show_account, name="account"),
    path("account/password/", passwords.change, name="account_password"),
    path("account/tokens/", tokens.show_tokens, name="account_tokens"),
    path("account/tokens/<int:token_id>/revoke/", tokens.revoke, name="account_token_revoke"),
    path("team/", team.show_members, name="team"),
    path("team/members/<int:member_id>/role/", team.set_role, name="member_role"),
    path("team/members/<int:member_id>/deactivate/", team.deactivate, name="member_deactivate"),
    path("team/members/<int:member_id>/reactivate/", team.reactivate, name="member_reactivate"),
    path("team/log/", team.show_log, name="audit_log"),
    path("team/teams/", teams.show_teams, name="teams"),
    path("team/teams/<int:team_id>/", teams.edit_team, name="team_edit"),
    path("team/teams/<int:team_id>/delete/", teams.remove_team, name="team_delete"),
    path("team/invitations/", invitations.show_invitations, name="invitations"),
    path(
        "team/invitations/<int:invitation_id>/revoke/",
        invitations.revoke,
        name="invitation_revoke",
    ),
]

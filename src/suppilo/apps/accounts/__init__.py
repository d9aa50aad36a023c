"""Who may do what: users, roles, teams, invitations, tokens."""

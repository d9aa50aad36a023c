"""The verbs on users, teams, invitations and tokens; each leaves an audit entry."""

from suppilo.apps.accounts.services.audit import record_audit

__all__ = ["record_audit"]

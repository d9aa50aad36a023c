"""Fixtures that every folder of tests may use."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["web_support.fixtures", "database_support.migrated", "database_support.emptying"]

# How long an example takes tells how busy the machine is, not whether the code is right.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")

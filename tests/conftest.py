"""Fixtures that every folder of tests may use."""

pytest_plugins = ["web_support.fixtures", "database_support.migrated", "database_support.emptying"]

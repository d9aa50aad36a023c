"""What ``suppilo.toml`` may say, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops_support.server_homes import server_home
from suppilo.apps.config import ConfigError, read_config
from suppilo.apps.operations.checks.folder import check_settings


def read(home: Path, text: str, **environ: str) -> float:
    (home / "suppilo.toml").write_text(text)
    return read_config({"SUPPILO_HOME": str(home), **environ}).max_future_hours


def test_limit_of_the_future_is_a_setting_and_the_environment_goes_before_the_file(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, "") == 23
    assert read(tmp_path, "max_future_hours = 0.5") == 0.5
    assert read(tmp_path, "max_future_hours = 2", SUPPILO_MAX_FUTURE_HOURS="48") == 48


@pytest.mark.parametrize("value", ["-1", "9000", "true", '"soon"', "[3]", "nan"])
def test_limit_that_is_none_is_refused_with_what_to_write(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError, match="write max_future_hours = 23"):
        read(tmp_path, f"max_future_hours = {value}")


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ('timezone = "Mars/Olympus"', "write Europe/Riga"),
        ('timezone = "../../etc/passwd"', "write Europe/Riga"),
        ('database_url = "mysql://u:hunter2@host/name"', "write postgres://user:password@host"),
        ('database_url = "postgres://u:hunter2@host:port/name"', "write postgres://user:password"),
        ('database_url = "postgres://u:[hunter2@host/name"', "write postgres://user:password"),
        ('debug = "maybe"', "write debug = false"),
    ],
)
def test_value_that_cannot_be_used_is_refused_with_what_to_write(
    tmp_path: Path, line: str, remedy: str
) -> None:
    with pytest.raises(ConfigError, match=remedy) as refused:
        read(tmp_path, line)
    assert "hunter2" not in str(refused.value)


def test_address_that_nobody_set_has_the_port_that_is_served(tmp_path: Path) -> None:
    (tmp_path / "suppilo.toml").write_text("")
    served = {"SUPPILO_HOME": str(tmp_path), "SUPPILO_PORT": "8142"}
    assert read_config(served).base_url == "http://localhost:8142"
    assert not read_config(served).has_base_url
    set_up = read_config(served | {"SUPPILO_BASE_URL": "https://sales.example.com"})
    assert (set_up.base_url, set_up.has_base_url) == ("https://sales.example.com", True)


def test_check_tells_of_a_secret_that_is_missing_and_a_sender_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "suppilo.toml").write_text('email_from = "sales"\n')
    found = list(check_settings(read_config({"SUPPILO_HOME": str(tmp_path)})))
    assert [one.level for one in found] == ["error", "error"]
    assert "no secret_key" in found[0].text
    assert "email_from 'sales' is no e-mail address" in found[1].text


def test_check_names_the_setting_that_is_wrong(tmp_path: Path) -> None:
    with server_home(tmp_path / "home") as home:
        done = home.run("check", code=None, SUPPILO_MAX_FUTURE_HOURS="soon")
    assert done.returncode == 2
    assert "max_future_hours: 'soon' is no number of hours" in done.stderr
    assert "Traceback" not in done.stderr

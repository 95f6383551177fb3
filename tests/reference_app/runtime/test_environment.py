"""The environment of a site: which variables are read, which are refused, and the defaults."""

from __future__ import annotations

import secrets
import socket
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reference_app.runtime.environment import ChannelLayer, Mode, SignInLimits, read_environment

KEY = secrets.token_urlsafe(64)
GOOD = {
    "FAWRAN_MODE": "production",
    "SECRET_KEY": KEY,
    "ALLOWED_HOSTS": "chat.example",
    "FAWRAN_HTTPS": "on",
    "REDIS_URL": "redis://localhost:6379/0",
    "CHANNEL_LAYER": "core",
}


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("DEBUG", "DATABASE_URL", "FAWRAN_DATA_DIR", "FAWRAN_COLLECTED_STATIC"):
        monkeypatch.delenv(name, raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_a_safe_environment_is_production_by_default(given: pytest.MonkeyPatch) -> None:
    given.delenv("FAWRAN_MODE")
    given.delenv("CHANNEL_LAYER")
    environment = read_environment()
    assert environment.mode is Mode.PRODUCTION
    assert environment.https
    assert not environment.debug
    assert environment.channel_layer is ChannelLayer.PUBSUB


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 60),
        ("SECRET_KEY", "django-insecure-" + KEY),
        ("DEBUG", "on"),
        ("DEBUG", "perhaps"),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("FAWRAN_HTTPS", "off"),
        ("FAWRAN_MODE", "staging"),
        ("CHANNEL_LAYER", "pigeon"),
        ("FAWRAN_TRANSPORT", "telepathy"),
        ("REDIS_URL", ""),
        ("FAWRAN_REDIS_PREFIX", "chat:staging"),
        ("FAWRAN_REDIS_PREFIX", "*"),
        ("FAWRAN_REDIS_PREFIX", "دردشة"),
        ("FAWRAN_REDIS_PREFIX", "x" * 41),
        ("FAWRAN_FILE_LIMIT", "0"),
        ("FAWRAN_FILE_LIMIT", "ten"),
        ("FAWRAN_FILES_PER_DAY", "1.5"),
        ("FAWRAN_FILES_ACCEL", "stored-files"),
        ("FAWRAN_PROXIES", "-1"),
        ("FAWRAN_PROXIES", "11"),
        ("FAWRAN_PROXIES", "on"),
        ("FAWRAN_PROXIES", "9" * 5000),
        ("FAWRAN_SIGN_IN_FAILURES", "0"),
        ("FAWRAN_SIGN_IN_FAILURES", "off"),
        ("FAWRAN_SIGN_IN_FAILURES_PER_ADDRESS", "0"),
        ("FAWRAN_SIGN_IN_FAILURES_PER_ACCOUNT", "10001"),
        ("FAWRAN_SIGN_IN_PAUSE", "0"),
        ("FAWRAN_SIGN_IN_PAUSE", "1441"),
        ("DATABASE_URL_FILE", "/does/not/exist"),
    ],
)
def test_production_refuses_unsafe_or_unknown_values_and_names_the_variable(
    given: pytest.MonkeyPatch, name: str, value: str
) -> None:
    given.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment()
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


def test_limits_of_wrong_passwords_are_read(given: pytest.MonkeyPatch) -> None:
    given.setenv("FAWRAN_PROXIES", "1")
    given.setenv("FAWRAN_SIGN_IN_FAILURES", "5")
    given.setenv("FAWRAN_SIGN_IN_FAILURES_PER_ADDRESS", "50")
    given.setenv("FAWRAN_SIGN_IN_FAILURES_PER_ACCOUNT", "60")
    given.setenv("FAWRAN_SIGN_IN_PAUSE", "20")
    environment = read_environment()
    assert environment.proxies == 1
    assert environment.sign_in == SignInLimits(5, 50, 60, timedelta(minutes=20))


def test_no_refusal_repeats_a_secret(given: pytest.MonkeyPatch) -> None:
    given.setenv("SECRET_KEY", "s3cret-but-short")
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment()
    assert "s3cret" not in str(caught.value)


def test_the_demo_allows_debug_and_plain_http(given: pytest.MonkeyPatch) -> None:
    given.setenv("FAWRAN_MODE", "demo")
    given.setenv("DEBUG", "on")
    given.delenv("FAWRAN_HTTPS")
    environment = read_environment()
    assert environment.debug
    assert not environment.https


def test_a_secret_may_come_from_a_file(given: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY + "\n")
    given.delenv("SECRET_KEY")
    given.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_environment().secret_key == KEY


def test_hosts_may_be_written_with_spaces(given: pytest.MonkeyPatch) -> None:
    given.setenv("ALLOWED_HOSTS", "chat.example, www.chat.example ,")
    assert read_environment().allowed_hosts == ["chat.example", "www.chat.example"]


def test_a_star_among_other_hosts_is_refused_too(given: pytest.MonkeyPatch) -> None:
    given.setenv("ALLOWED_HOSTS", "chat.example, *")
    with pytest.raises(ImproperlyConfigured, match="ALLOWED_HOSTS"):
        read_environment()


@pytest.mark.parametrize(
    "name", ["FAWRAN_MODE", "DEBUG", "FAWRAN_HTTPS", "CHANNEL_LAYER", "FAWRAN_DATA_DIR"]
)
def test_an_empty_variable_counts_as_unset(given: pytest.MonkeyPatch, name: str) -> None:
    given.delenv(name, raising=False)
    unset = read_environment()
    given.setenv(name, "")
    assert read_environment() == unset


@pytest.mark.parametrize("value", ["on", "On", "TRUE", "yes", "1"])
def test_a_switch_may_be_written_in_several_ways(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("FAWRAN_MODE", "demo")
    given.setenv("DEBUG", value)
    assert read_environment().debug


def test_the_demo_is_reached_on_this_machine_only(given: pytest.MonkeyPatch) -> None:
    given.setenv("FAWRAN_MODE", "demo")
    given.delenv("ALLOWED_HOSTS")
    assert set(read_environment().allowed_hosts) == {"localhost", "127.0.0.1", "[::1]"}


def test_plain_http_is_allowed_if_only_this_machine_is_an_allowed_host(
    given: pytest.MonkeyPatch,
) -> None:
    given.setenv("FAWRAN_HTTPS", "off")
    given.setenv("ALLOWED_HOSTS", "localhost,127.0.0.1")
    assert not read_environment().https


@pytest.mark.parametrize("name", ["SECRET_KEY", "REDIS_URL", "DATABASE_URL"])
def test_a_secret_file_that_is_not_text_is_named_and_not_shown(
    given: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret").write_bytes(b"hunter2\xff\xfe")
    given.setenv(f"{name}_FILE", str(tmp_path / "secret"))
    with pytest.raises(ImproperlyConfigured, match=f"{name}_FILE") as caught:
        read_environment()
    assert "hunter2" not in str(caught.value)


def test_the_file_of_a_secret_takes_precedence_over_its_variable(
    given: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "url").write_text("redis://elsewhere:6379/1\n")
    given.setenv("REDIS_URL_FILE", str(tmp_path / "url"))
    assert read_environment().redis_url == "redis://elsewhere:6379/1"


def test_without_redis_there_is_no_channel_layer(given: pytest.MonkeyPatch) -> None:
    given.delenv("REDIS_URL")
    given.delenv("CHANNEL_LAYER")
    assert read_environment().channel_layer is ChannelLayer.NONE


def test_metrics_may_be_served_at_the_address_of_the_hosts_own_name(
    given: pytest.MonkeyPatch,
) -> None:
    given.setattr("socket.gethostbyname", {socket.gethostname(): "172.18.0.5"}.__getitem__)
    given.setenv("FAWRAN_METRICS", "self:9100")
    assert read_environment().metrics == ("172.18.0.5", 9100)

from __future__ import annotations

import secrets
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reference_app.config.environment import ChannelLayer, Mode, read_environment

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
    assert environment.channel_layer is ChannelLayer.CORE


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
        ("DATABASE_URL_FILE", "/does/not/exist"),
    ],
)
def test_production_refuses_what_is_unsafe_or_unknown_by_name(
    given: pytest.MonkeyPatch, name: str, value: str
) -> None:
    given.setenv(name, value)
    with pytest.raises(ImproperlyConfigured) as caught:
        read_environment()
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


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

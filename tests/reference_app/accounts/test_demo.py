"""The demo's users: they are created in the demo only, and production refuses them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from reference_app.accounts.demo import create_demo_users, refuse_demo_passwords
from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.accounts.models import User
from reference_app.runtime.environment import Mode
from tests.builders import person

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_demo(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, mode=Mode.DEMO)


@pytest.mark.usefixtures("in_demo")
def test_the_demos_administrator_can_open_the_administration() -> None:
    create_demo_users()
    create_demo_users()
    assert User.objects.count() == len(DEMO_USERS)
    client = Client()
    client.post("/accounts/login/", {"username": "admin", "password": "admin123"})
    assert client.get("/admin/").status_code == 200
    refuse_demo_passwords()


def test_demo_users_are_created_in_the_demo_only() -> None:
    with pytest.raises(ImproperlyConfigured, match="demo only"):
        create_demo_users()
    assert not User.objects.exists()


def test_production_refuses_a_database_with_a_demo_password_in_it() -> None:
    person("admin", password="admin123")
    with pytest.raises(ImproperlyConfigured, match="demo passwords") as caught:
        refuse_demo_passwords()
    assert "admin123" not in str(caught.value)


def test_production_accepts_the_same_name_with_another_password() -> None:
    person("admin", password="something else entirely")
    refuse_demo_passwords()

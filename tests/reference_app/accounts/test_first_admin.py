"""Creating the first administrator: on the first-run page with the setup code, or by a command."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core import signing
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from reference_app.accounts import first_admin
from reference_app.accounts.models import User
from tests.builders import person

pytestmark = pytest.mark.django_db
PAGE = "/accounts/first-run/"
PASSWORD = "a good long one"


def form(**fields: str) -> dict[str, str]:
    usual = {
        "code": first_admin.setup_code(),
        "username": "amal",
        "display_name": "أمل",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }
    return usual | fields


def setup_code_output() -> str:
    """Return the output of `manage.py setup_code`."""
    output = io.StringIO()
    call_command("setup_code", stdout=output)
    return output.getvalue()


def test_the_page_creates_one_administrator_and_then_no_longer_exists() -> None:
    client = Client()
    assert b"Make the first administrator" in client.get(PAGE).content
    assert client.post(PAGE, form()).headers["Location"] == "/"
    amal = User.objects.get()
    assert (amal.name, amal.is_superuser, amal.is_staff) == ("أمل", True, True)
    assert client.get("/api/me").json()["username"] == "amal"
    assert client.get("/admin/").status_code == 200
    assert client.get(PAGE).status_code == 404
    assert Client().post(PAGE, form(username="eve")).status_code == 404
    assert User.objects.count() == 1


def test_the_page_accepts_the_code_that_the_command_prints() -> None:
    output = setup_code_output()
    assert PAGE in output
    code = output.split()[-1]
    assert Client().post(PAGE, form(code=code)).status_code == 302


def test_the_command_prints_nothing_once_there_is_a_user() -> None:
    person()
    assert setup_code_output() == ""


@pytest.mark.parametrize(
    "code",
    ["", "admin", "1wNZhg:AAAA", signing.dumps("first")],
    ids=["empty", "no code", "wrong signature", "signed for something else"],
)
def test_any_other_code_is_refused(code: str) -> None:
    answer = Client().post(PAGE, form(code=code))
    assert answer.status_code == 200
    assert not User.objects.exists()
    assert re.search(r"This code is wrong|This field is required", answer.content.decode())


def test_a_code_expires_after_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    code = first_admin.setup_code()
    monkeypatch.setattr(first_admin, "CODE_LIFETIME_SECONDS", -1)
    Client().post(PAGE, form(code=code))
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"password1": "admin123", "password2": "admin123"}, "too common"),
        ({"password2": "another"}, "didn’t match"),
        ({"username": "two words"}, "Enter a valid username"),
    ],
)
def test_a_bad_form_shows_the_error_and_creates_nobody(fields: dict[str, str], says: str) -> None:
    answer = Client().post(PAGE, form(**fields))
    assert says in answer.content.decode()
    assert not User.objects.exists()


def test_the_code_and_the_passwords_are_not_shown_again() -> None:
    page = Client().post(PAGE, form(username="two words")).content.decode()
    assert PASSWORD not in page


def test_the_login_page_links_there_only_while_there_is_no_user() -> None:
    assert PAGE in Client().get("/accounts/login/").content.decode()
    person()
    assert PAGE not in Client().get("/accounts/login/").content.decode()


def test_the_page_is_in_arabic_too() -> None:
    page = Client(headers={"accept-language": "ar"}).get(PAGE).content.decode()
    assert 'dir="rtl"' in page
    assert "أنشئ المدير الأول" in page


class Input(io.StringIO):
    """Standard input that is no terminal."""


def test_the_command_creates_an_administrator_with_a_password_from_standard_input(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", Input(f"{PASSWORD}\n"))
    call_command("create_admin", "badr", "--name", "بدر", stdout=io.StringIO())
    badr = User.objects.get()
    assert (badr.username, badr.name, badr.is_superuser) == ("badr", "بدر", True)
    assert badr.check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "password", "says"),
    [
        ("badr", "admin123", "too common"),
        ("badr", "", "too short"),
        ("two words", PASSWORD, "valid username"),
        ("ann", PASSWORD, "already exists"),
    ],
)
def test_the_command_refuses_bad_usernames_and_passwords(
    monkeypatch: pytest.MonkeyPatch, username: str, password: str, says: str
) -> None:
    person("ann")
    monkeypatch.setattr("sys.stdin", Input(f"{password}\n"))
    with translation.override("en"), pytest.raises(CommandError, match=says):
        call_command("create_admin", username)
    assert User.objects.count() == 1


def test_the_command_takes_no_password_as_an_argument() -> None:
    for argument in ("--password", "--password=secret"):
        arguments: list[Any] = ["create_admin", "badr", argument]
        with pytest.raises(CommandError, match="unrecognized arguments"):
            call_command(*arguments)

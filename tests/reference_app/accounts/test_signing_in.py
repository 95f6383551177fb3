"""Signing in and out with the log-in form, and the session that it begins."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.builders import person

pytestmark = pytest.mark.django_db
PASSWORD = "a good long one"


@pytest.fixture
def form() -> dict[str, str]:
    person("ann", password=PASSWORD)
    return {"username": "ann", "password": PASSWORD}


def test_the_form_redirects_to_the_chat(form: dict[str, str]) -> None:
    assert Client().post("/accounts/login/", form).headers["Location"] == "/"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:x"])
def test_the_form_redirects_to_no_other_site(form: dict[str, str], elsewhere: str) -> None:
    answer = Client().post("/accounts/login/", form | {"next": elsewhere})
    assert answer.headers["Location"] == "/"


def test_the_form_redirects_to_the_page_that_was_requested(form: dict[str, str]) -> None:
    answer = Client().post("/accounts/login/", form | {"next": "/admin/"})
    assert answer.headers["Location"] == "/admin/"


def test_a_wrong_password_is_reported_and_signs_nobody_in(form: dict[str, str]) -> None:
    client = Client()
    answer = client.post("/accounts/login/", form | {"password": "wrong"})
    assert b"do not match" in answer.content or b"correct" in answer.content
    assert client.get("/api/me").status_code == 401


def test_a_deactivated_user_cannot_sign_in() -> None:
    person("gone", password=PASSWORD, is_active=False)
    client = Client()
    client.post("/accounts/login/", {"username": "gone", "password": PASSWORD})
    assert client.get("/api/me").status_code == 401


def test_the_form_needs_the_csrf_token(form: dict[str, str]) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", form)
    assert answer.status_code == 403


def test_signing_in_gives_the_session_another_key(form: dict[str, str]) -> None:
    client = Client()
    client.session["visited"] = True
    client.post("/accounts/login/", form)
    before = client.session.session_key
    client.post("/accounts/logout/")
    client.post("/accounts/login/", form)
    assert client.session.session_key != before


def test_signing_out_ends_the_session_and_cannot_be_done_by_a_link(form: dict[str, str]) -> None:
    client = Client()
    client.post("/accounts/login/", form)
    assert client.get("/accounts/logout/").status_code == 405
    assert client.get("/api/me").status_code == 200
    assert client.post("/accounts/logout/").headers["Location"] == "/accounts/login/"
    assert client.get("/api/me").status_code == 401


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(form: dict[str, str]) -> None:
    client = Client()
    client.post("/accounts/login/", form)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_signed_in_user_is_redirected_from_the_login_page(form: dict[str, str]) -> None:
    client = Client()
    client.post("/accounts/login/", form)
    assert client.get("/accounts/login/").headers["Location"] == "/"

"""The user's own account over HTTP: profile, password, devices."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from reference_app.accounts.browsers import browser_of
from reference_app.accounts.models import Device, User
from reference_app.chat.queries.people import load_profile
from tests.builders import person

pytestmark = pytest.mark.django_db
PASSWORD = "a good long one"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def ann() -> User:
    return person("ann", password=PASSWORD)


def signed_in(agent: str = FIREFOX, language: str = "en") -> Client:
    """Return a client in which ann has signed in by the form."""
    client = Client(headers={"user-agent": agent, "accept-language": language})
    client.post("/accounts/login/", {"username": "ann", "password": PASSWORD})
    return client


def put(client: Client, path: str, **body: str) -> Any:
    return client.put(f"/api/me/{path}", json.dumps(body), content_type="application/json")


def test_a_profile_is_changed_and_others_read_it(ann: User) -> None:
    answer = put(signed_in(), "profile", name=" آن ", about="  of the north ")
    assert (answer.status_code, answer.json()["name"]) == (200, "آن")
    profile = load_profile(person(), ann.pk)
    assert (profile.person.name, profile.about) == ("آن", "of the north")


def test_without_a_display_name_the_username_is_shown(ann: User) -> None:
    assert put(signed_in(), "profile", name="  ", about="").json()["name"] == ann.username


@pytest.mark.parametrize(
    ("name", "about", "status"),
    [
        ("x" * 81, "", 413),
        ("ann", "x" * 281, 413),
        ("turned \u202e round", "", 422),
        ("out of \u2069 its isolate", "", 422),
        ("two\nlines", "", 422),
        ("ann", "a \x00 control", 422),
    ],
)
@pytest.mark.usefixtures("ann")
def test_a_misleading_or_too_long_profile_is_refused(name: str, about: str, status: int) -> None:
    answer = put(signed_in(), "profile", name=name, about=about)
    assert answer.status_code == status
    assert answer.json()["detail"]
    assert User.objects.get(username="ann").display_name == ""


@pytest.mark.usefixtures("ann")
def test_markup_in_a_name_is_shown_as_text() -> None:
    name = "<b onclick=alert(1)>Ann</b>"
    client = signed_in()
    assert put(client, "profile", name=name, about="").json()["name"] == name
    page = client.get("/").content.decode()
    assert "&lt;b onclick=alert(1)&gt;Ann" in page
    assert "<b onclick" not in page


def test_a_new_password_keeps_this_session_and_ends_the_others(ann: User) -> None:
    here, there = signed_in(), signed_in(IPHONE)
    key = here.session.session_key
    assert put(here, "password", old=PASSWORD, new="another long one").status_code == 204
    assert here.get("/api/me").status_code == 200
    assert here.session.session_key != key, "a copy of the old key is void too"
    assert there.get("/api/me").status_code == 401
    (device,) = here.get("/api/me/devices").json()
    assert (device["browser"], device["current"]) == ("Firefox", True)
    ann.refresh_from_db()
    assert ann.check_password("another long one")


@pytest.mark.parametrize(
    ("old", "new", "language", "says"),
    [
        ("wrong", "another long one", "en", "Your old password was entered incorrectly"),
        (PASSWORD, "12345678", "en", "This password is entirely numeric."),
        (PASSWORD, "short", "en", "This password is too short"),
        (PASSWORD, "short", "ar", "يلزم 8 أحرف على الأقل"),
        (PASSWORD, "", "en", "This field is required."),
    ],
)
def test_a_bad_password_is_refused_in_the_users_language(
    ann: User, old: str, new: str, language: str, says: str
) -> None:
    answer = put(signed_in(language=language), "password", old=old, new=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert says in answer.json()["detail"]
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


@pytest.mark.usefixtures("ann")
def test_devices_are_named_and_this_one_is_marked() -> None:
    there = signed_in(IPHONE)
    here = signed_in(FIREFOX)
    found = here.get("/api/me/devices").json()
    assert [(one["browser"], one["system"], one["current"]) for one in found] == [
        ("Firefox", "Linux", True),
        ("Safari", "iPhone", False),
    ]
    keys = {client.session.session_key for client in (here, there)}
    assert not any(key in json.dumps(found) for key in keys), "a key opens its session"


@pytest.mark.usefixtures("ann")
def test_a_device_is_signed_out_from_another() -> None:
    here, there = signed_in(), signed_in(IPHONE)
    other = next(one for one in here.get("/api/me/devices").json() if not one["current"])
    assert here.delete(f"/api/me/devices/{other['id']}").status_code == 204
    assert there.get("/api/me").status_code == 401
    assert here.get("/api/me").status_code == 200
    assert here.delete(f"/api/me/devices/{other['id']}").status_code == 404


@pytest.mark.usefixtures("ann")
def test_all_devices_but_this_one_are_signed_out_at_once() -> None:
    here, others = signed_in(), [signed_in(), signed_in(IPHONE)]
    assert here.delete("/api/me/devices").status_code == 204
    assert [client.get("/api/me").status_code for client in others] == [401, 401]
    assert len(here.get("/api/me/devices").json()) == 1


@pytest.mark.usefixtures("ann")
def test_nobody_signs_out_somebody_elses_device() -> None:
    theirs = signed_in()
    eve = Client()
    eve.force_login(person("eve"))
    device = Device.objects.get(user__username="ann")
    assert eve.delete(f"/api/me/devices/{device.pk}").status_code == 404
    assert theirs.get("/api/me").status_code == 200


@pytest.mark.usefixtures("ann")
def test_a_session_that_has_ended_leaves_no_device() -> None:
    here, there = signed_in(), signed_in(IPHONE)
    there.post("/accounts/logout/")
    assert len(here.get("/api/me/devices").json()) == 1
    lost = signed_in(IPHONE)
    Session.objects.filter(pk=lost.session.session_key).delete()
    assert len(here.get("/api/me/devices").json()) == 1
    assert Device.objects.count() == 1


@pytest.mark.usefixtures("ann")
def test_a_session_without_a_device_gets_one_as_soon_as_it_is_used() -> None:
    here = signed_in()
    Device.objects.all().delete()
    assert here.post("/api/presence").status_code == 200
    assert [one["current"] for one in here.get("/api/me/devices").json()] == [True]


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        (FIREFOX, "Firefox", "Linux"),
        (IPHONE, "Safari", "iPhone"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"
            ),
            "Edge",
            "Windows",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) "
                "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36"
            ),
            "Samsung Internet",
            "Android",
        ),
        (
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
                "(KHTML, like Gecko) Version/18.5 Safari/605.1.15"
            ),
            "Safari",
            "macOS",
        ),
        ("curl/8.5.0", "", ""),
        ("", "", ""),
    ],
)
def test_a_browser_is_recognized_by_its_user_agent(agent: str, browser: str, system: str) -> None:
    assert browser_of(agent) == (browser, system)

"""Sign-in throttling: failures are counted per account and address; too many cause a pause."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.conf import settings as django_settings
from django.core.management import call_command
from django.db.models import F
from django.test import Client

from reference_app.accounts import first_admin
from reference_app.accounts.models import User
from reference_app.runtime.environment import SignInLimits
from tests.builders import person

pytestmark = pytest.mark.django_db
PASSWORD = "a good long one"
LOGIN, ADMIN_LOGIN, FIRST_RUN = "/accounts/login/", "/admin/login/", "/accounts/first-run/"
PAUSE = timedelta(minutes=15)
HERE, ELSEWHERE = "198.51.100.7", "203.0.113.9"
LIMITS = SignInLimits(failures=3, per_address=6, per_account=6, pause=PAUSE)


@pytest.fixture(autouse=True)
def _small_limits(settings: Any) -> None:
    """Use low limits, and a password hash that costs nothing."""
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, sign_in=LIMITS)
    settings.AXES_COOLOFF_TIME = PAUSE
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ann(_small_limits: None) -> User:
    return person("ann", password=PASSWORD)


def sign_in(
    username: str = "ann",
    entered: str = "wrong",
    address: str = HERE,
    page: str = LOGIN,
    **extra: Any,
) -> Any:
    """Submit a log-in page from an address; return the response."""
    return Client(REMOTE_ADDR=address, **extra).post(
        page, {"username": username, "password": entered}
    )


def fail(times: int, username: str = "ann", address: str = HERE) -> list[int]:
    """Try wrong passwords; return the HTTP statuses."""
    return [sign_in(username, address=address).status_code for _ in range(times)]


def age(by: timedelta) -> None:
    """Make all counted failures older."""
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - by)


@pytest.mark.usefixtures("ann")
def test_at_the_limit_even_the_right_password_is_refused_at_that_address_only() -> None:
    assert fail(4) == [200, 200, 429, 429]
    assert sign_in(entered=PASSWORD).status_code == 429
    assert sign_in(entered=PASSWORD, address=ELSEWHERE).status_code == 302


@pytest.mark.usefixtures("ann")
def test_another_account_can_sign_in_at_the_address_where_one_is_throttled() -> None:
    person("bob", password=PASSWORD)
    fail(3)
    assert sign_in("bob", PASSWORD).status_code == 302


@pytest.mark.usefixtures("ann")
def test_an_address_that_fails_with_many_accounts_is_throttled_for_all() -> None:
    for number in range(5):
        assert fail(1, f"nobody{number}") == [200]
    assert fail(1, "nobody5") == [429]
    assert sign_in(entered=PASSWORD).status_code == 429
    assert sign_in(entered=PASSWORD, address=ELSEWHERE).status_code == 302


@pytest.mark.usefixtures("ann")
def test_an_account_that_is_tried_from_many_addresses_is_throttled_at_new_ones() -> None:
    for number in range(6):
        fail(1, address=f"192.0.2.{number}")
    assert sign_in(entered=PASSWORD).status_code == 429


@pytest.mark.usefixtures("ann")
def test_strangers_cannot_lock_a_user_out_of_an_address_used_before() -> None:
    assert sign_in(entered=PASSWORD).status_code == 302
    for number in range(6):
        fail(1, address=f"192.0.2.{number}")
        fail(1, f"nobody{number}")
    assert sign_in(entered=PASSWORD, address=ELSEWHERE).status_code == 429
    assert sign_in(entered=PASSWORD).status_code == 302


@pytest.mark.usefixtures("ann")
def test_the_right_password_resets_the_count_of_failures() -> None:
    for _ in range(3):
        assert fail(2) == [200, 200]
        assert sign_in(entered=PASSWORD).status_code == 302


@pytest.mark.usefixtures("ann")
def test_the_right_password_resets_no_failures_of_other_accounts() -> None:
    person("eve", password=PASSWORD)
    for number in range(5):
        fail(1, f"nobody{number}")
        assert sign_in("eve", PASSWORD).status_code == 302
    assert fail(2, "nobody9") == [429, 429]


@pytest.mark.usefixtures("ann")
def test_after_the_pause_sign_in_works_and_old_failures_are_removed() -> None:
    fail(4)
    age(PAUSE - timedelta(seconds=30))
    assert sign_in(entered=PASSWORD).status_code == 429
    age(timedelta(seconds=31))
    assert sign_in(entered=PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


@pytest.mark.usefixtures("ann")
def test_attempts_during_the_pause_do_not_make_it_longer() -> None:
    fail(3)
    age(PAUSE - timedelta(seconds=30))
    assert fail(5) == [429] * 5
    age(timedelta(seconds=31))
    assert sign_in(entered=PASSWORD).status_code == 302


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("page", [LOGIN, ADMIN_LOGIN])
def test_the_response_says_when_to_try_again(page: str) -> None:
    fail(3)
    age(timedelta(minutes=5, seconds=1))
    answer = sign_in(page=page)
    assert answer.status_code == 429
    assert 590 <= int(answer.headers["Retry-After"]) <= 600
    text = answer.content.decode()
    assert "Too many attempts. Please wait 10 minutes, then try again." in text
    assert 'value="ann"' in text, "what was typed is kept"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("page", [LOGIN, ADMIN_LOGIN])
def test_the_response_says_so_in_arabic_too(page: str) -> None:
    fail(3)
    text = sign_in(page=page, headers={"accept-language": "ar"}).content.decode()
    assert 'dir="rtl"' in text
    assert "محاولات كثيرة جداً. انتظر 15 دقيقة من فضلك، ثم حاول مجدداً." in text


@pytest.mark.usefixtures("ann")
def test_an_unknown_username_gets_the_same_responses() -> None:
    def responses(username: str) -> list[tuple[int, str]]:
        answers = [sign_in(username, address=f"2001:db8::{username}") for _ in range(5)]
        return [
            (one.status_code, re.sub(r'value="[^"]*"', "", one.content.decode())) for one in answers
        ]

    person("abc", password=PASSWORD)
    assert responses("abc") == responses("def")
    assert AccessAttempt.objects.filter(username="def").exists()


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("other", ["ANN", "Ann", "ａｎｎ", " ann "])
def test_another_spelling_of_a_name_is_counted_with_it(other: str) -> None:
    fail(3)
    assert sign_in(other).status_code == 429


def test_names_that_grow_when_their_case_is_folded_fit_the_table() -> None:
    assert fail(4, "ΐ" * 150) == [200, 200, 429, 429]
    assert fail(1, "x" * 10_000) == [200], "longer than a username: no lookup is made"
    assert max(len(one.username or "") for one in AccessAttempt.objects.all()) <= 255


@pytest.mark.usefixtures("ann")
def test_another_browser_does_not_avoid_the_limit() -> None:
    statuses = [
        sign_in(headers={"user-agent": f"browser {number}"}).status_code for number in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


@pytest.mark.usefixtures("ann")
def test_another_address_of_the_same_ipv6_network_does_not_avoid_the_limit() -> None:
    statuses = [sign_in(address=f"2001:db8:1:2:{number}::1").status_code for number in range(1, 5)]
    assert statuses == [200, 200, 429, 429]
    assert sign_in(address="2001:db8:1:3::1").status_code == 200


@pytest.mark.usefixtures("ann")
def test_a_forwarded_address_is_ignored_without_a_trusted_proxy() -> None:
    statuses = [
        sign_in(headers={"x-forwarded-for": f"192.0.2.{number}"}).status_code for number in range(4)
    ]
    assert statuses == [200, 200, 429, 429]


@pytest.mark.usefixtures("ann")
def test_behind_a_trusted_proxy_only_the_address_that_it_added_counts(settings: Any) -> None:
    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, proxies=1)

    def through_proxy(client: str, claimed: str) -> int:
        header = f"{claimed}, {client}" if claimed else client
        answer = sign_in(address="172.18.0.2", headers={"x-forwarded-for": header})
        return int(answer.status_code)

    statuses = [through_proxy(HERE, f"192.0.2.{number}") for number in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert through_proxy(ELSEWHERE, HERE) == 200


@pytest.mark.usefixtures("ann")
def test_the_log_in_page_of_the_administration_counts_failures_too() -> None:
    statuses = [sign_in(page=ADMIN_LOGIN).status_code for _ in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert sign_in(entered=PASSWORD).status_code == 429, "one count for both pages"


@pytest.mark.usefixtures("ann")
def test_an_operator_resets_the_count_by_a_command() -> None:
    fail(3)
    call_command("axes_reset_username", "ann", stdout=io.StringIO())
    assert fail(1) == [200]
    fail(2)
    call_command("axes_reset_ip", HERE, stdout=io.StringIO())
    assert sign_in(entered=PASSWORD).status_code == 302


def change(client: Client, old: str) -> Any:
    body = json.dumps({"old": old, "new": "another long one"})
    return client.put("/api/me/password", body, content_type="application/json")


def test_the_old_password_cannot_be_guessed_by_changing_it(ann: User) -> None:
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(ann)
    assert [change(client, "wrong").status_code for _ in range(2)] == [422, 422]
    refused = change(client, "wrong")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_attempts")
    assert refused.json()["detail"] == "Too many attempts. Please wait 15 minutes, then try again."
    assert 890 <= int(refused.headers["Retry-After"]) <= 900
    assert change(client, PASSWORD).status_code == 429
    age(PAUSE)
    assert change(client, PASSWORD).status_code == 204


def test_changing_the_password_resets_the_count_of_failures(ann: User) -> None:
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(ann)
    assert [change(client, "wrong").status_code for _ in range(2)] == [422, 422]
    assert change(client, PASSWORD).status_code == 204
    assert not AccessAttempt.objects.exists()


def test_the_old_password_cannot_be_guessed_in_the_administration(ann: User) -> None:
    ann.is_staff = True
    ann.save()
    client = Client(REMOTE_ADDR=HERE)
    client.force_login(ann)
    new = {"new_password1": "another long one", "new_password2": "another long one"}

    def changed(old: str) -> int:
        answer = client.post("/admin/password_change/", {"old_password": old, **new})
        return int(answer.status_code)

    assert [changed("wrong") for _ in range(4)] == [200, 200, 429, 429]
    age(PAUSE)
    assert changed(PASSWORD) == 302


def test_the_setup_code_cannot_be_guessed() -> None:
    def guess(code: str, address: str = HERE) -> Any:
        fields = {"code": code, "username": "amal", "password1": PASSWORD, "password2": PASSWORD}
        return Client(REMOTE_ADDR=address).post(FIRST_RUN, fields)

    assert [guess(f"guess {number}").status_code for number in range(3)] == [200, 200, 429]
    refused = guess(first_admin.setup_code())
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert "Too many attempts" in refused.content.decode()
    assert 'value="amal"' in refused.content.decode()
    stored = " ".join(one.post_data for one in AccessAttempt.objects.all())
    assert PASSWORD not in stored
    assert "guess" not in stored
    assert guess(first_admin.setup_code(), ELSEWHERE).status_code == 302


@pytest.mark.usefixtures("ann")
def test_no_attempted_password_is_stored() -> None:
    sign_in(entered="nearly my password")
    (attempt,) = AccessAttempt.objects.all()
    assert "nearly" not in attempt.post_data
    assert "csrf" not in attempt.post_data


@pytest.mark.usefixtures("ann")
def test_a_sign_in_is_kept_once_per_address_and_for_a_month() -> None:
    for _ in range(3):
        sign_in(entered=PASSWORD)
    sign_in(entered=PASSWORD, address=ELSEWHERE)
    assert AccessLog.objects.count() == 2
    AccessLog.objects.update(attempt_time=F("attempt_time") - timedelta(days=31))
    person("bob", password=PASSWORD)
    sign_in("bob", PASSWORD)
    assert AccessLog.objects.count() == 1


def test_the_defaults_are_generous() -> None:
    assert SignInLimits() == SignInLimits(
        failures=10, per_address=100, per_account=100, pause=timedelta(minutes=15)
    )
    assert django_settings.AXES_ENABLED

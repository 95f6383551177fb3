from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from reference_app.accounts.models import User

pytestmark = pytest.mark.django_db


def create(lines: str, monkeypatch: pytest.MonkeyPatch, **options: bool) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    told = io.StringIO()
    call_command("create_users", stdout=told, **options)
    return told.getvalue()


def test_who_is_missing_is_created_and_can_sign_in(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("amal", password="correct-horse-1")
    told = create("amal other-words-22\n\nbadr long enough words\n", monkeypatch)
    assert told == "amal is here already.\n1 created.\n"
    assert User.objects.get(username="badr").check_password("long enough words")
    assert User.objects.get(username="amal").check_password("correct-horse-1")
    assert not User.objects.get(username="badr").is_staff


def test_an_administrator_may_do_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    create("carol correct-horse-1\n", monkeypatch, admin=True)
    carol = User.objects.get(username="carol")
    assert carol.is_staff
    assert carol.is_superuser


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("badr correct-horse-1\ncarol 1234\n", "carol: .*too short"),
        ("badr correct-horse-1\ncarol\n", "Line 2 is not"),
        ("ba<dr> correct-horse-1\n", "valid username"),
    ],
)
def test_with_one_line_that_is_wrong_nobody_is_created(
    lines: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=told):
        create(lines, monkeypatch)
    assert not User.objects.exists()

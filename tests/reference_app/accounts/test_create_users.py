"""The command `create_users`: it creates the users of all lines of its input, or of none."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from reference_app.accounts.models import User

pytestmark = pytest.mark.django_db


def create(lines: str, monkeypatch: pytest.MonkeyPatch, **options: bool) -> str:
    monkeypatch.setattr("sys.stdin", io.StringIO(lines))
    output = io.StringIO()
    call_command("create_users", stdout=output, **options)
    return output.getvalue()


def test_missing_users_are_created_with_their_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    User.objects.create_user("amal", password="correct-horse-1")
    output = create("amal other-words-22\n\nbadr long enough words\n", monkeypatch)
    assert output == "amal is here already.\n1 created.\n"
    assert User.objects.get(username="badr").check_password("long enough words")
    assert User.objects.get(username="amal").check_password("correct-horse-1")
    assert not User.objects.get(username="badr").is_staff


def test_an_administrator_may_do_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    create("carol correct-horse-1\n", monkeypatch, admin=True)
    carol = User.objects.get(username="carol")
    assert carol.is_staff
    assert carol.is_superuser


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("badr correct-horse-1\ncarol 1234\n", "carol: .*too short"),
        ("badr correct-horse-1\ncarol\n", "Line 2 is not"),
        ("ba<dr> correct-horse-1\n", "valid username"),
    ],
)
def test_one_wrong_line_creates_no_user(
    lines: str, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(CommandError, match=error):
        create(lines, monkeypatch)
    assert not User.objects.exists()

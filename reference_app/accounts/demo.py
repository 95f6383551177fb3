"""Create the demo's users, and refuse their passwords outside the demo."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import check_password
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, OperationalError, ProgrammingError, connection, transaction

from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.runtime.environment import Mode


@transaction.atomic
def create_demo_users() -> None:
    """Create the demo's users that are missing; ``admin`` may use the admin site.

    Raises:
        ImproperlyConfigured: this is not the demo, or not its database.
    """
    if settings.ENVIRONMENT.mode is not Mode.DEMO:
        raise ImproperlyConfigured("Demo users are made in FAWRAN_MODE=demo only.")
    users = get_user_model()
    names = [demo.username for demo in DEMO_USERS]
    if users.objects.exclude(username__in=names).exists() and users.objects.filter(
        username__in=names
    ).count() < len(names):
        # The shell may have a real site's DATABASE_URL: public passwords would open that site.
        raise ImproperlyConfigured(
            "The database has people in it who are not the demo's: it may be a real site's, and "
            "the demo's passwords are public. Name another in DATABASE_URL or FAWRAN_DATA_DIR."
        )
    for demo in DEMO_USERS:
        is_admin = demo.username == "admin"
        user, created = users.objects.get_or_create(
            username=demo.username,
            defaults={
                "display_name": demo.display_name,
                "is_staff": is_admin,
                "is_superuser": is_admin,
            },
        )
        if created:
            user.set_password(demo.password)
            user.save()


def refuse_demo_passwords() -> None:
    """Refuse, in any mode but the demo, a database that contains a demo password.

    Raises:
        ImproperlyConfigured: there is one, or the database cannot be queried.
    """
    if settings.ENVIRONMENT.mode is Mode.DEMO:
        return
    # Some servers import the application inside a running event loop, where Django allows no
    # query. A separate thread has no event loop.
    with ThreadPoolExecutor(max_workers=1) as thread:
        unsafe = thread.submit(_users_with_demo_password).result()
    if unsafe:
        names = ", ".join(unsafe)
        raise ImproperlyConfigured(
            f"The database has demo passwords (users: {names}). Change them with "
            "'manage.py changepassword NAME', or use another database."
        )


def _users_with_demo_password() -> list[str]:
    passwords = {demo.username: demo.password for demo in DEMO_USERS}
    try:
        stored = (
            get_user_model()
            .objects.filter(username__in=passwords)
            .values_list("username", "password")
        )
        return [name for name, hashed in stored if check_password(passwords[name], hashed)]
    except (OperationalError, ProgrammingError) as error:
        raise ImproperlyConfigured(_query_error(error)) from None
    finally:
        connection.close()


def _query_error(error: DatabaseError) -> str:
    first_line = str(error).strip().splitlines()[0]
    if "no such table" in first_line or "does not exist" in first_line:
        return "The database has no tables yet: run 'manage.py migrate'."
    return f"The database cannot be reached: {first_line}. Check DATABASE_URL."

"""The command lines of the servers."""

from __future__ import annotations

from pathlib import Path

from twisted.internet.endpoints import _parse  # Daphne parses endpoints with it

from reference_app.serving.commands import Certificate, daphne, gunicorn, threaded_gunicorn


def test_daphne_has_the_command_of_the_migration_write_up() -> None:
    command = daphne("127.0.0.1", 8000)
    assert command[1:3] == ["-m", "daphne"]
    assert command[-5:] == [
        *("--bind", "127.0.0.1", "--port", "8000"),
        "reference_app.config.asgi:application",
    ]


def test_gunicorn_has_the_command_of_the_migration_write_up() -> None:
    command = gunicorn("127.0.0.1", 8000)
    assert command[1:] == [
        *("-m", "gunicorn", "--workers", "3", "--bind", "127.0.0.1:8000"),
        "reference_app.config.wsgi:application",
    ]


def test_threads_for_long_polls_are_options_of_the_same_command() -> None:
    command = threaded_gunicorn("127.0.0.1", 8000)
    assert command[1:] == [
        *("-m", "gunicorn", "--workers", "3", "--worker-class=gthread", "--threads=300"),
        *("--worker-connections=1000", "--keep-alive=75", "--graceful-timeout=5"),
        *("--bind", "127.0.0.1:8000", "reference_app.config.wsgi:application"),
    ]


def test_an_ipv6_address_is_bracketed_where_a_port_follows() -> None:
    assert "[::1]:8000" in gunicorn("::1", 8000)


def test_a_path_with_colons_survives_daphnes_endpoint_description() -> None:
    tls = Certificate(Path("/odd:place/a\\b.pem"), Path("/odd:place/key.pem"))
    command = daphne("::1", 8443, tls)
    positional, named = _parse(command[command.index("--endpoint") + 1])
    assert positional == ["ssl", "8443"]
    assert named == {
        "interface": "::1",
        "certKey": str(tls.certificate),
        "privateKey": str(tls.key),
    }

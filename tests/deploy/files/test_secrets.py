"""Tests of the containers' secrets: any database password, encoded in one place."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from reference_app.runtime.environment import ROOT
from tests.passwords import PASSWORDS
from tests.postgresql import running_postgresql

each_password = pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())

# The functions of scripts/deployment, and psql here instead of in a container.
PARTS = """
set -euo pipefail
source scripts/containers.sh
secrets=$1 kept=$1/../settings COMPOSE_PROJECT_NAME=fawran image=none
secret_names=(secret-key postgres-password database-url redis-url redis-acl grafana-password)
source scripts/deployment-parts.sh
inside() { shift; "$@"; }
"""


def shell(folder: Path, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run functions of the deployment on a folder of secrets."""
    return subprocess.run(
        ["bash", "-c", PARTS + script, "test", str(folder)],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the URL of a server where the role `fawran` must use its password."""
    folder = tmp_path_factory.mktemp("secrets")
    with running_postgresql(folder) as server:
        hba_file = folder / "postgresql" / "pg_hba.conf"
        hba_file.write_text(
            "host fawran all 127.0.0.1/32 scram-sha-256\n" + hba_file.read_text("utf-8"), "utf-8"
        )
        with psycopg.connect(server.url, autocommit=True) as owner:
            owner.execute("CREATE DATABASE fawran")
            owner.execute("SELECT pg_reload_conf()")
        yield server.url


@each_password
def test_a_chosen_password_is_in_the_address_and_is_accepted(
    password: str, postgresql: str, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "postgres-password").write_text(password + "\n", encoding="utf-8")
    server = urlsplit(postgresql)
    done = shell(
        secrets,
        'make_secrets; set_database_password "$secrets"',
        PGHOST=str(server.hostname),
        PGPORT=str(server.port),
    )
    assert done.returncode == 0, done.stderr
    assert (secrets / "postgres-password").read_text("utf-8") == password + "\n"
    url = (secrets / "database-url").read_text("utf-8").strip()
    assert url == f"postgresql://fawran:{quote(password, safe='')}@postgres:5432/fawran"
    psycopg.connect(url.replace("@postgres:5432", f"@127.0.0.1:{server.port}")).close()


def test_the_address_of_a_generated_password_needs_no_encoding(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    assert shell(secrets, "make_secrets").returncode == 0
    password = (secrets / "postgres-password").read_text("utf-8").strip()
    url = (secrets / "database-url").read_text("utf-8")
    assert url == f"postgresql://fawran:{password}@postgres:5432/fawran\n"


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        (b"two\nlines", "without control characters"),
        (b"a\x00b", "without control characters"),
        (b"tab\t", "without control characters"),
        (b"\n", "has 1 to 500 characters"),
        (b"x" * 501, "has 1 to 500 characters"),
        (b"md5" + b"0" * 32, "takes this for a hash"),
        (b"SCRAM-SHA-256$4096:salt$a:b", "takes this for a hash"),
    ],
)
def test_an_invalid_password_is_refused_with_its_file(
    password: bytes, expected: str, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "postgres-password").write_bytes(password)
    done = shell(secrets, "make_secrets")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"{secrets}/postgres-password" in line
    assert expected in line
    assert [path.name for path in secrets.iterdir()] == ["postgres-password"]


def test_an_incomplete_set_of_secrets_is_refused(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    shell(secrets, "make_secrets")
    (secrets / "redis-url").unlink()
    done = shell(secrets, "make_secrets")
    assert done.returncode == 1
    assert "redis-url. Put back what was there." in done.stderr

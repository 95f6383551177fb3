"""Tests of rendered templates: confined units, sound scripts, private addresses, no secrets."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from reference_app.runtime.environment import ROOT
from tests.deploy.files.ansible_tree import ROLES, ansible_playbook, defaults

HOSTS = {
    "single": """
fawran:
  hosts: {one: {fawran_address: 127.0.0.1}}
  vars: {fawran_hosts: [chat.example, www.chat.example]}
  children: {proxy: &one {hosts: {one: }}, app: *one, redis: *one, postgresql: *one, legacy: *one}
""",
    "multi": """
fawran:
  vars: {fawran_hosts: [chat.example]}
  children:
    proxy: {hosts: {front: {fawran_address: 10.0.0.1}}}
    app:
      hosts:
        app1: {fawran_address: 10.0.0.11}
        app2: {fawran_address: 10.0.0.12}
    redis: {hosts: {redis: {fawran_address: 10.0.0.21}}}
    postgresql: {hosts: {database: {fawran_address: 10.0.0.22}}}
    legacy: {hosts: {}}
""",
}
UNITS = [
    "daphne@.service",
    "fawran-sweep.service",
    "fawran-firewall.service",
    "redis-fawran.service",
    "gunicorn.service",
]
SCRIPTS = ["fawran-run", "fawran-manage", "fawran-process"]
FILES = {
    "single": [
        *(
            f"app/{name}"
            for name in ["daphne@.service", "fawran-sweep.service", "fawran.env", *SCRIPTS]
        ),
        "base/fawran-firewall.service",
        "redis/redis-fawran.service",
        "redis/redis.conf",
        "postgresql/fawran.conf",
        "postgresql/pg_hba.conf",
        "legacy/gunicorn.service",
    ],
    "multi": ["redis/redis.conf", "postgresql/pg_hba.conf"],
}


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rendered")
    everything = {name: value for role in ROLES for name, value in defaults(role).items()}
    del everything["fawran_address"]  # each inventory sets it; this would override it
    defaults_file = folder / "defaults.yml"
    defaults_file.write_text(yaml.safe_dump(everything), encoding="utf-8")
    for name, hosts in HOSTS.items():
        inventory = folder / f"{name}.yml"
        inventory.write_text(hosts, encoding="utf-8")
        given = {
            "render_into": str(folder / name),
            "render_defaults": str(defaults_file),
            "render_files": FILES[name],
            "fawran_origins": ["https://chat.example", "https://www.chat.example:8443"],
        }
        playbook = str(ROOT / "tests/deploy/files/render.yml")
        done = ansible_playbook("-i", str(inventory), "-e", json.dumps(given), playbook)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_is_exposed_to_at_most_two(unit: str, rendered: Path, tmp_path: Path) -> None:
    copy = tmp_path / unit.replace("@", "@1")
    shutil.copy(rendered / "single/one" / unit, copy)
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", copy],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"exposure level for \S+: [01]\.\d", done.stdout) or "2.0" in done.stdout


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_passes_shellcheck(script: str, rendered: Path) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run(
        [shellcheck, rendered / "single/one" / script], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_on_one_host_only_local_addresses_are_used(rendered: Path) -> None:
    one = rendered / "single/one"
    assert "FAWRAN_ADDRESS=unix:/run/fawran/daphne-1.sock" in (one / "daphne-1.env").read_text()
    assert "FAWRAN_METRICS=127.0.0.1:9101" in (one / "daphne-1.env").read_text()
    assert "bind 127.0.0.1\n" in (one / "redis.conf").read_text()
    assert "listen_addresses = '127.0.0.1'" in (one / "fawran.conf").read_text()
    assert "hostssl" not in (one / "pg_hba.conf").read_text()
    assert "--bind unix:/run/fawran/gunicorn.sock" in (one / "gunicorn.service").read_text()


def test_on_several_hosts_private_addresses_are_used(rendered: Path) -> None:
    several = rendered / "multi"
    settings = (several / "app2/daphne-1.env").read_text()
    assert "FAWRAN_LISTEN=--bind=10.0.0.12 --port=8101" in settings
    assert "FAWRAN_METRICS=10.0.0.12:9101" in settings
    assert "bind 127.0.0.1 10.0.0.21\n" in (several / "redis/redis.conf").read_text()
    admitted = (several / "database/pg_hba.conf").read_text()
    assert "hostssl fawran fawran 10.0.0.11/32 scram-sha-256" in admitted
    assert "hostssl fawran fawran 10.0.0.12/32 scram-sha-256" in admitted
    assert "/0 " not in admitted


def test_redis_has_the_settings_of_the_containers(rendered: Path) -> None:
    content = (rendered / "single/one/redis.conf").read_text()
    for line in ("maxmemory-policy noeviction", 'save ""', "appendonly no"):
        assert line in content
    assert "/data" not in content
    assert content.count("\nmaxmemory ") == 1


def test_the_environment_file_holds_no_secret(rendered: Path) -> None:
    content = (rendered / "single/one/fawran.env").read_text()
    assert "ALLOWED_HOSTS=chat.example,www.chat.example" in content
    assert not re.search("SECRET|PASSWORD|_URL", content)


def test_origins_are_passed_to_the_application_and_to_the_check_of_a_process(
    rendered: Path,
) -> None:
    content = (rendered / "single/one/fawran.env").read_text()
    assert "FAWRAN_ORIGINS=https://chat.example,https://www.chat.example:8443\n" in content
    assert "--origin https://chat.example " in (rendered / "single/one/fawran-process").read_text()

"""Starts test hosts for the playbooks: containers in which systemd is the first process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from reference_app.runtime.environment import ROOT

FOLDER = Path(os.environ.get("FAWRAN_HOSTS", ROOT / "var" / "hosts-test"))
"""The folder of caches, generated inventories and the scratch checkout."""

NETWORK = "fawran-hosts"
LABEL = "fawran.test-host"
CA = Path("/etc/ssl/certs/ca-certificates.crt")
TIMEOUT_SECONDS = 60.0

SYSTEMD_OPTIONS = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE"),
    *("--cap-add", "MKNOD", "--security-opt", "seccomp=unconfined"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
    *("--env", "container=docker", "--restart", "always"),
)
"""Options that systemd needs as a container's first process. After a reboot, Docker restarts it."""


START_SYSTEMD = (
    # As on a host: mounts for a unit, such as its credentials, must be visible in it.
    "mount --make-rshared / && exec /lib/systemd/systemd "
    # Newer systemd releases use the old cgroup interface only with these options.
    "systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
)


def docker(*arguments: str, stdin: str | None = None, check: bool = True) -> str:
    """Run a command of the Docker client; return its output."""
    client = os.environ.get("FAWRAN_STACK_DOCKER", "docker")
    done = subprocess.run([client, *arguments], input=stdin or "", capture_output=True, text=True)
    assert not check or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Host:
    """One host of an inventory."""

    name: str
    container: str

    def run(self, *command: str, stdin: str | None = None, check: bool = True) -> str:
        """Run a command as root; return its output."""
        return docker("exec", "--interactive", self.container, *command, stdin=stdin, check=check)

    def shell(self, script: str, *, check: bool = True) -> str:
        """Run a shell script as root; return its output."""
        return self.run("sh", "-c", script, check=check)

    @property
    def address(self) -> str:
        """Return the address by which other hosts reach it."""
        networks = self.inspect()["NetworkSettings"]["Networks"]
        address: str = networks[NETWORK]["IPAddress"]
        return address

    def inspect(self) -> dict[str, Any]:
        """Return what `docker inspect` shows of its container."""
        found: dict[str, Any] = json.loads(docker("inspect", self.container))[0]
        return found

    def wait_until_up(self) -> None:
        """Wait until systemd has started everything."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (state := self.state()) not in {"running", "degraded"}:
            assert time.monotonic() < deadline, f"{self.name} is {state or 'away'}"
            time.sleep(0.5)
        assert state == "running", self.shell("systemctl --failed --no-legend")

    def state(self) -> str:
        """Return the state of the system, by systemd."""
        return self.run("systemctl", "is-system-running", check=False)

    def changes(self) -> set[str]:
        """Return the files that differ from the image, except traces that a check itself leaves."""
        found = {line[2:] for line in docker("diff", self.container).splitlines()}
        above = {str(folder) for path in found for folder in Path(path).parents}
        traces = ("/tmp", "/var/tmp", "/run", "/home/ops", "/root", "/var/log", "/var/lib/systemd",
                  "/var/lib/sudo", "/var/cache", "/etc/machine-id", "/var/lib/dbus")  # fmt: skip
        return {path for path in found if not path.startswith(traces) and path not in above}


class Fleet:
    """The hosts of one of the repository's inventories."""

    def __init__(self, inventory: str, suite: str) -> None:
        self.inventory = inventory
        self.suite = suite
        self.folder = FOLDER / f"{inventory}-{suite}"
        self.inventory_folder = self.folder / "inventory"
        inventory_data = yaml.safe_load(
            (ROOT / "ansible" / "inventories" / inventory / "hosts.yml").read_text()
        )
        self.hosts = {name: Host(name, f"fawran-test-{inventory}-{suite}-{name}")
                      for name in sorted(_hosts_in(inventory_data))}  # fmt: skip
        self.groups = {
            group: list(inventory_data["fawran"]["children"][group].get("hosts") or {})
            for group in inventory_data["fawran"]["children"]
        }

    def __getitem__(self, name: str) -> Host:
        """Return a host by its name in the inventory."""
        return self.hosts[name]

    def first(self, group: str) -> Host:
        """Return the first host of a group."""
        return self.hosts[self.groups[group][0]]

    @property
    def server(self) -> Host:
        """Return the first application host, whether it runs Daphne or Gunicorn."""
        return self.first("app" if self.groups["app"] else "legacy")

    @property
    def url(self) -> str:
        """Return the address of the site."""
        return f"https://{self.first('proxy').address}"

    def start(self) -> None:
        """Start bare hosts, and write an inventory with their addresses."""
        self.remove()
        self.folder.mkdir(parents=True)
        for host in self.hosts.values():
            self._start(host)
        for host in self.hosts.values():
            host.wait_until_up()
        self._write_inventory()

    def remove(self) -> None:
        """Remove the hosts; keep the packages that they have downloaded."""
        for host in self.hosts.values():
            docker("rm", "--force", "--volumes", host.container, check=False)
            _collect_packages(self._archives(host), self._pool)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def _pool(self) -> Path:
        return FOLDER / "cache" / f"apt-{self.suite}"

    def _archives(self, host: Host) -> Path:
        return self.folder / "archives" / host.name

    def _start(self, host: Host) -> None:
        archives = self._archives(host)
        archives.mkdir(parents=True)
        for package in self._pool.glob("*.deb"):
            (archives / package.name).hardlink_to(package)
        wheels = FOLDER / "cache" / "wheels"
        wheels.mkdir(parents=True, exist_ok=True)
        docker(
            *("run", "--detach", "--name", host.container, "--hostname", host.name),
            *("--label", LABEL, "--network", NETWORK, *SYSTEMD_OPTIONS),
            *("--volume", f"{archives}:/var/cache/apt/archives"),
            *("--volume", f"{wheels}:/var/cache/wheels:ro"),
            f"fawran-host:{self.suite}",
            *("sh", "-c", START_SYSTEMD),
        )
        # Cached wheels need no download; pip checks their hashes all the same.
        host.run("tee", "/etc/pip.conf", stdin="[global]\nfind-links = /var/cache/wheels\n")

    def _write_inventory(self) -> None:
        """Write the hosts' addresses, and the settings that containers require."""
        addresses = {
            host.name: {"ansible_host": host.container, "fawran_address": host.address}
            if len(self.hosts) > 1
            else {"ansible_host": host.container}
            for host in self.hosts.values()
        }
        settings = {
            "ansible_connection": "community.docker.docker",
            "ansible_user": "ops",
            "fawran_hosts": [self.first("proxy").address],
            "fawran_pip_ca_bundle": str(CA) if CA.exists() else "",
            "fawran_drain_seconds": 4,
            # Containers allow no kernel settings, and fewer open files.
            "base_sysctl_apply": False,
            "app_open_files": 19000,
            "proxy_open_files": 19000,
            "proxy_connections": 9000,
            "loadgen_open_files": 19000,
            "backup_fetch_to": str(self.folder / "backups"),
            "deploy_reports": str(self.folder / "deploys"),
        }
        group_vars = self.inventory_folder / "group_vars"
        group_vars.mkdir(parents=True)
        hosts = yaml.safe_dump({"fawran": {"hosts": addresses}})
        (self.inventory_folder / "hosts.yml").write_text(hosts)
        (group_vars / "all.yml").write_text(yaml.safe_dump(settings))


def _hosts_in(group: dict[str, Any]) -> set[str]:
    """Return the hosts of a group of an inventory and all below it."""
    found: set[str] = set()
    for name, value in group.items():
        if name == "hosts":
            found |= set(value or {})
        elif isinstance(value, dict):
            found |= _hosts_in(value)
    return found


def _collect_packages(archives: Path, pool: Path) -> None:
    pool.mkdir(parents=True, exist_ok=True)
    for package in archives.glob("*.deb"):
        target = pool / package.name
        if not target.exists():
            target.hardlink_to(package)

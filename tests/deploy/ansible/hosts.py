"""Real hosts to try the playbooks on: containers in which systemd is the first process."""

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

from reference_app.config.environment import ROOT

FOLDER = Path(os.environ.get("FAWRAN_HOSTS", ROOT / "var" / "hosts-test"))
"""Where caches, generated inventories and the scratch checkout are kept."""

NETWORK = "fawran-hosts"
LABEL = "fawran.test-host"
CA = Path("/etc/ssl/certs/ca-certificates.crt")
PATIENCE = 60.0

AS_A_HOST = (
    *("--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN", "--cap-add", "SYS_PTRACE"),
    *("--cap-add", "MKNOD", "--security-opt", "seccomp=unconfined"),
    *("--tmpfs", "/run", "--tmpfs", "/run/lock", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw"),
    *("--env", "container=docker", "--restart", "always"),
)
"""What systemd needs as a container's first process; a reboot ends it, and it is started again."""


AS_A_HOST_STARTS = (
    # As on a host: what is mounted for a unit, such as its credentials, is seen in it.
    "mount --make-rshared / && exec /lib/systemd/systemd "
    # Newer releases want to be asked before they run on an old kernel interface.
    "systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1"
)


def docker(*arguments: str, stdin: str | None = None, must: bool = True) -> str:
    """Run the client of Docker's; return what it says."""
    client = os.environ.get("FAWRAN_STACK_DOCKER", "docker")
    done = subprocess.run([client, *arguments], input=stdin or "", capture_output=True, text=True)
    assert not must or done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Host:
    """One host of an inventory."""

    name: str
    container: str

    def run(self, *command: str, stdin: str | None = None, must: bool = True) -> str:
        """Run a command as root; return what it says."""
        return docker("exec", "--interactive", self.container, *command, stdin=stdin, must=must)

    def shell(self, script: str, *, must: bool = True) -> str:
        """Run a script as root; return what it says."""
        return self.run("sh", "-c", script, must=must)

    @property
    def address(self) -> str:
        """Where the others reach it."""
        networks = self.inspect()["NetworkSettings"]["Networks"]
        address: str = networks[NETWORK]["IPAddress"]
        return address

    def inspect(self) -> dict[str, Any]:
        """Return all that the engine knows of it."""
        found: dict[str, Any] = json.loads(docker("inspect", self.container))[0]
        return found

    def wait_until_up(self) -> None:
        """Wait until systemd has started everything."""
        deadline = time.monotonic() + PATIENCE
        while (state := self.state()) not in {"running", "degraded"}:
            assert time.monotonic() < deadline, f"{self.name} is {state or 'away'}"
            time.sleep(0.5)
        assert state == "running", self.shell("systemctl --failed --no-legend")

    def state(self) -> str:
        """Return what systemd says of the whole."""
        return self.run("systemctl", "is-system-running", must=False)

    def changes(self) -> set[str]:
        """Return which files are not as in the image, but for what looking leaves behind."""
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
        self.known = self.folder / "inventory"
        told = yaml.safe_load(
            (ROOT / "ansible" / "inventories" / inventory / "hosts.yml").read_text()
        )
        self.hosts = {name: Host(name, f"fawran-test-{inventory}-{suite}-{name}")
                      for name in sorted(_hosts_in(told))}  # fmt: skip
        self.groups = {
            group: list(told["fawran"]["children"][group].get("hosts") or {})
            for group in told["fawran"]["children"]
        }

    def __getitem__(self, name: str) -> Host:
        """Return a host by its name in the inventory."""
        return self.hosts[name]

    def first(self, group: str) -> Host:
        """Return the first host of a group."""
        return self.hosts[self.groups[group][0]]

    @property
    def server(self) -> Host:
        """Return the first host that serves, by whichever server."""
        return self.first("app" if self.groups["app"] else "legacy")

    @property
    def url(self) -> str:
        """Where people reach the site."""
        return f"https://{self.first('proxy').address}"

    def start(self) -> None:
        """Start bare hosts, and write the inventory that leads to them."""
        self.remove()
        self.folder.mkdir(parents=True)
        for host in self.hosts.values():
            self._start(host)
        for host in self.hosts.values():
            host.wait_until_up()
        self._write_inventory()

    def remove(self) -> None:
        """Remove the hosts, and keep the packages that they have fetched."""
        for host in self.hosts.values():
            docker("rm", "--force", "--volumes", host.container, must=False)
            _gather_packages(self._archives(host), self._pool)
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
            *("--label", LABEL, "--network", NETWORK, *AS_A_HOST),
            *("--volume", f"{archives}:/var/cache/apt/archives"),
            *("--volume", f"{wheels}:/var/cache/wheels:ro"),
            f"fawran-host:{self.suite}",
            *("sh", "-c", AS_A_HOST_STARTS),
        )
        # What is there already need not be fetched; what it holds is checked all the same.
        host.run("tee", "/etc/pip.conf", stdin="[global]\nfind-links = /var/cache/wheels\n")

    def _write_inventory(self) -> None:
        """Say where the hosts are, and what containers do not allow."""
        named = {
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
            # Containers: no other kernel settings, and a bound on open files.
            "base_sysctl_apply": False,
            "app_open_files": 19000,
            "proxy_open_files": 19000,
            "proxy_connections": 9000,
            "loadgen_open_files": 19000,
            "backup_fetch_to": str(self.folder / "backups"),
            "deploy_reports": str(self.folder / "deploys"),
        }
        group_vars = self.known / "group_vars"
        group_vars.mkdir(parents=True)
        (self.known / "hosts.yml").write_text(yaml.safe_dump({"fawran": {"hosts": named}}))
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


def _gather_packages(archives: Path, pool: Path) -> None:
    pool.mkdir(parents=True, exist_ok=True)
    for package in archives.glob("*.deb"):
        target = pool / package.name
        if not target.exists():
            target.hardlink_to(package)

"""Tests of the exposure level of our units, by systemd, and that no secret is readable."""

from __future__ import annotations

import re

from tests.deploy.ansible.hosts import Fleet

MAX_EXPOSURE = 2.0
OURS = r"^(daphne@1|fawran-|redis-fawran|gunicorn).*\.service$"


def units(fleet: Fleet) -> list[tuple[str, str]]:
    """Return our services, as pairs of host name and unit name."""
    return [
        (host.name, unit)
        for host in fleet.hosts.values()
        for unit in host.shell(
            # Without units that are only named, for example in another unit's After=.
            "systemctl list-units --all --plain --no-legend --type=service | "
            "grep -v ' not-found ' | cut -d ' ' -f 1; ls /etc/systemd/system"
        ).split()
        if re.search(OURS, unit)
    ]


def test_our_units_have_a_low_exposure_level(fleet: Fleet) -> None:
    found = sorted(set(units(fleet)))
    assert any(unit.startswith("daphne@") for _host, unit in found)
    exposed = {}
    for name, unit in found:
        output = fleet[name].shell(f"systemd-analyze security --no-pager {unit} | tail -n 1")
        level = re.search(r"exposure level for \S+: ([\d.]+)", output)
        assert level, output
        exposed[f"{unit} on {name}"] = float(level[1])
    print("\n" + "\n".join(f"{unit}: {level}" for unit, level in exposed.items()))
    assert {unit: level for unit, level in exposed.items() if level > MAX_EXPOSURE} == {}


def test_no_secret_is_readable_by_others_or_in_arguments(fleet: Fleet) -> None:
    for host in fleet.hosts.values():
        folder = "/etc/fawran/secrets"
        assert host.shell(f"find {folder} -type f -not -perm 600 2>/dev/null; true") == ""
        script = (
            "for file in /etc/fawran/secrets/*; do [ -f $file ] || continue; "
            "for pid in /proc/[0-9]*; do "
            "if tr '\\0' '\\n' <$pid/cmdline 2>/dev/null | grep -qFf $file; "
            "then echo $file in $pid; fi; done; done"
        )
        assert host.shell(script) == ""


def test_only_the_proxy_listens_on_every_address(fleet: Fleet) -> None:
    """Only the proxy's two ports are open on every address."""
    for host in fleet.hosts.values():
        listening = host.run("ss", "--listening", "--tcp", "--numeric", "--no-header")
        everywhere = {
            line.split()[3].rsplit(":", 1)[1]
            for line in listening.splitlines()
            if line.split()[3].startswith(("0.0.0.0:", "*:", "[::]:"))
        }
        assert everywhere <= {"80", "443"}, f"{host.name}: {everywhere}"

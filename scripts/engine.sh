# Sourced by scripts/deploy-test: an engine of its own, apart from any other on the machine.
# What it keeps is in ENGINE, what it needs while it runs in /run; all of it goes with it.
# shellcheck shell=bash disable=SC2154

engine_run=/run/fawran-engine
engine_bridge=fawran-engine
engine_address=10.213.254.1/24
engine_pools=10.213.0.0/17

# Starts it, keeping what it keeps in a folder; the client is told by DOCKER_HOST.
start_engine() {
    [ "$(id -u)" = 0 ] || die "Docker's engine does not answer, and only root may start one."
    [ ! -e "$engine_run/pid" ] || ! kill -0 "$(cat "$engine_run/pid")" 2>/dev/null ||
        die "another test has an engine here: $engine_run"
    mkdir -p "$1" "$engine_run"
    ip link show "$engine_bridge" >/dev/null 2>&1 || ip link add "$engine_bridge" type bridge
    ip address replace "$engine_address" dev "$engine_bridge"
    ip link set "$engine_bridge" up
    export DOCKER_HOST=unix://$engine_run/docker.sock
    local options=()
    # Where systemd does not keep the control groups, one for all that runs in it.
    [ -d /run/systemd/system ] || options=(--cgroup-parent "/$engine_bridge")
    setsid dockerd --host "$DOCKER_HOST" --pidfile "$engine_run/pid" \
        --data-root "$1" --exec-root "$engine_run/exec" --bridge "$engine_bridge" \
        --default-address-pool "base=$engine_pools,size=24" "${options[@]}" >>"$engine_run/log" 2>&1 &
    local _
    for _ in $(seq 120); do
        ! "$docker" info >/dev/null 2>&1 || return 0
        sleep 0.5
    done
    die "the engine does not start: $(tail -n 1 "$engine_run/log")"
}

# Ends it, and removes what it kept and the rules of its network.
end_engine() {
    local pid rule table
    pid=$(cat "$engine_run/pid" 2>/dev/null || true)
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        timeout 60 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
    fi
    # Of containers that an engine left behind which was killed.
    grep -oE " ($engine_run|$1)[^ ]*" /proc/mounts | sort -r | xargs -r umount --lazy 2>/dev/null || true
    for table in filter nat; do
        iptables --table "$table" --list-rules 2>/dev/null | grep -e "$engine_bridge" -e " 10\.213\." |
            sed 's/^-A/-D/' | while read -r rule; do
            # shellcheck disable=SC2086
            iptables --table "$table" $rule 2>/dev/null || true
        done || true
    done
    find /sys/fs/cgroup -depth -type d -path "*/$engine_bridge*" -exec rmdir {} + 2>/dev/null || true
    ip link delete "$engine_bridge" 2>/dev/null || true
    rm -rf --one-file-system "$1" "$engine_run"
}

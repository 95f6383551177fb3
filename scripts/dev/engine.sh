# Starts and stops a separate Docker engine; scripts/dev/deploy-test sources this file. Its data is in
# the given folder, its runtime files are in /run, and end_engine removes both.
# shellcheck shell=bash disable=SC2154

engine_run=/run/fawran-engine
engine_bridge=fawran-engine
engine_address=10.213.254.1/24
engine_pools=10.213.0.0/17

# Starts the engine with its data in a folder, and sets DOCKER_HOST for the client.
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
    # Without systemd, all processes of the engine use one control group.
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

# Stops the engine, and removes its data and the rules of its network.
end_engine() {
    local pid rule table
    pid=$(cat "$engine_run/pid" 2>/dev/null || true)
    if [ -n "$pid" ]; then
        kill "$pid" 2>/dev/null || true
        timeout 60 tail --pid="$pid" -f /dev/null || kill -KILL "$pid" 2>/dev/null || true
    fi
    # Unmounts the file systems of containers that a killed engine left behind.
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

# Finds Docker and Compose for the scripts that source this file.
#   docker     a client that can build with BuildKit
#   compose    Compose v2 if installed, else docker-compose 1.29.2 or newer
# shellcheck shell=bash disable=SC2034

say() { echo "fawran: $*" >&2; }

die() {
    say "$@"
    exit 1
}

# Checks whether a client can build. Newer clients need a plug-in for it, which may be missing.
_builds() {
    case $("$1" version --format '{{.Client.Version}}' 2>/dev/null) in
        20.10.*) true ;;
        *) "$1" buildx version >/dev/null 2>&1 ;;
    esac
}

find_docker() {
    docker=docker
    if ! _builds docker && [ -x /usr/bin/docker ] && _builds /usr/bin/docker; then
        docker=/usr/bin/docker
    fi
    if "$docker" compose version >/dev/null 2>&1; then
        compose=("$docker" compose)
    else
        compose=(docker-compose)
    fi
}
find_docker

# Ends the script with an error if there is no engine.
need_engine() {
    command -v "$docker" >/dev/null || die "Docker is not installed here."
    "$docker" info >/dev/null 2>&1 ||
        die "Docker's engine does not answer: start it, or let this user use it."
    "${compose[@]}" version >/dev/null 2>&1 ||
        die "Docker Compose is not installed here (2, or docker-compose 1.29.2)."
}

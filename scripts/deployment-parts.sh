# The parts of the operations of scripts/deployment, which sources this file.
# shellcheck shell=bash disable=SC2154

# Installs the users of the benchmark, and builds its image if there is none.
take_credentials() {
    [ -r "$1" ] || die "users are needed: a file of lines 'username password'."
    need_engine
    install --mode=444 "$1" "$secrets/bench-credentials"
    local image
    image=$(setting BENCH_IMAGE fawran:bench)
    "$docker" image inspect "$image" >/dev/null 2>&1 || scripts/build-image "$image" --target bench
}

# Print the containers of a service, and those that run. Docker is faster than Compose for this
# query, which runs every second while a service starts.
containers() {
    "$docker" ps --all --quiet --no-trunc --filter "label=com.docker.compose.oneoff=False" \
        --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" \
        --filter "label=com.docker.compose.service=$1" "${@:2}"
}
running() { containers "$1" --filter status=running; }

has_profile() { [[ ,$profiles, == *,$1,* ]]; }

# Runs a command in any container of a service. Old Compose supports only the container number 1,
# which no longer exists after an update.
inside() {
    local found
    found=$(running "$1" | head -n 1)
    [ -n "$found" ] || die "$1 does not run: scripts/deployment start"
    shift
    "$docker" exec --interactive "$found" "$@"
}

first_host() {
    local hosts
    hosts=$(setting FAWRAN_HOSTS localhost)
    echo "${hosts%%,*}"
}

manage() { inside daphne python manage.py "$@"; }

# Prints the address of a process and its number of open sockets, from its metrics.
ask_sockets='
import socket, urllib.request
address = socket.gethostbyname(socket.gethostname())
for line in urllib.request.urlopen(f"http://{address}:9100/metrics").read().decode().splitlines():
    if line.startswith("fawran_sockets_open "):
        print(address, int(float(line.split()[1])))
'

# Runs a one-shot service; if it fails, prints only its error line.
run_once() {
    local complaint
    complaint=$(mktemp)
    if ! in_deployment run --rm -T --no-deps "$@" 2>"$complaint"; then
        grep "^fawran: " "$complaint" >&2 || cat "$complaint" >&2
        rm "$complaint"
        return 1
    fi
    rm "$complaint"
}

certificate() { run_once certificate certificate /var/lib/fawran/certificates "$@"; }

# Gets a certificate by ACME from Let's Encrypt or another authority, unless the current one is
# valid for long enough.
get_certificate() {
    local email server ca mount=() options=(--domain "$1")
    email=$(setting FAWRAN_ACME_EMAIL "")
    if [ -n "$email" ]; then options+=(--email "$email"); else options+=(--register-unsafely-without-email); fi
    server=$(setting FAWRAN_ACME_SERVER "")
    [ -z "$server" ] || options+=(--server "$server")
    ca=$(setting FAWRAN_ACME_CA "")
    [ -z "$ca" ] || mount=(--volume "$(realpath "$ca"):/ca.pem:ro" -e REQUESTS_CA_BUNDLE=/ca.pem)
    run_once "${mount[@]}" acme certonly --webroot --webroot-path /acme --keep-until-expiring \
        --non-interactive --agree-tos "${options[@]}"
}

# Stores a setting for the next start.
remember() {
    touch "$kept"
    sed -i "/^$1=/d" "$kept"
    echo "$1=$2" >>"$kept"
}

make_secrets() {
    local name missing=() own=0
    for name in "${secret_names[@]}"; do
        [ -s "$secrets/$name" ] || missing+=("$name")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    # The operator may have set only the database's password.
    [ ! -s "$secrets/postgres-password" ] || own=1
    # If only some are missing, the others belong to an existing database, and new ones would lock
    # it.
    [ "$((${#missing[@]} + own))" = "${#secret_names[@]}" ] ||
        die "missing in $secrets: ${missing[*]}. Put back what was there."
    check_database_password "$secrets"
    write_secrets "$secrets"
    remember COMPOSE_PROJECT_NAME "$COMPOSE_PROJECT_NAME"
    say "secrets were made in $secrets: keep a copy elsewhere."
}

# Only the owner can enter the folder. The files themselves have to be readable for all, because the
# containers run as other users.
write_secrets() {
    local redis
    redis=$(random)
    mkdir -p "$1"
    chmod 700 "$1"
    (
        umask 077
        random >"$1/secret-key"
        random >"$1/grafana-password"
        : >"$1/bench-credentials" # Compose requires the file
        [ -s "$1/postgres-password" ] || random >"$1/postgres-password"
        database_url "$1" >"$1/database-url"
        echo "redis://fawran:$redis@redis:6379/0" >"$1/redis-url"
        {
            echo "user default on nopass resetchannels -@all +ping"
            echo "user fawran on #$(printf %s "$redis" | sha256sum | cut -d ' ' -f 1)" \
                "~* &* +@all -@admin -@dangerous +info"
        } >"$1/redis-acl"
        chmod 444 "$1"/*
    )
}

# Refuses a password in a folder of secrets that PostgreSQL or its image would misread.
check_database_password() {
    [ -s "$1/postgres-password" ] || return 0
    local password
    password=$(tr '\000' '\001' <"$1/postgres-password")
    [ -n "$password" ] && [ "${#password}" -le 500 ] ||
        die "$1/postgres-password: a password has 1 to 500 characters. Nothing was changed."
    case $password in
        *[[:cntrl:]]*) die "$1/postgres-password: a password is one line without control characters. Nothing was changed." ;;
    esac
    ! [[ $password =~ ^md5[0-9a-f]{32}$|^SCRAM-SHA-256\$[0-9]+: ]] ||
        die "$1/postgres-password: PostgreSQL takes this for a hash of a password. Nothing was changed."
}

# Prints the URL of the database with the percent-encoded password of a folder of secrets.
database_url() { echo "postgresql://fawran:$(percent_encode "$(cat "$1/postgres-password")")@postgres:5432/fawran"; }

percent_encode() {
    local LC_ALL=C text=$1 out="" one at
    for ((at = 0; at < ${#text}; at++)); do
        one=${text:at:1}
        case $one in
            [A-Za-z0-9._~-]) ;;
            *)
                printf -v one %d "'$one"
                printf -v one %%%02X $((one & 255)) # some versions of bash return negative bytes
                ;;
        esac
        out+=$one
    done
    echo "$out"
}

# Sets the password of the database's role to that of a folder of secrets.
set_database_password() {
    local password
    password=$(cat "$1/postgres-password")
    # Sends it through standard input, with the quotes in it doubled.
    inside postgres psql --username fawran --quiet --dbname postgres --set=ON_ERROR_STOP=1 \
        <<<"ALTER ROLE fawran PASSWORD '${password//\'/\'\'}'"
}

# Overwrites the file instead of replacing it, because containers keep using the file that they
# mounted.
write_secret() {
    chmod u+w "$secrets/$1"
    cat >"$secrets/$1"
    chmod 444 "$secrets/$1"
}

# If the operator has changed postgres-password, updates the role and the URL. Does not change the
# URL of another database.
take_database_password() {
    local url
    url=$(database_url "$secrets")
    case $(cat "$secrets/database-url") in
        "$url") return ;;
        postgresql://fawran:*@postgres:5432/fawran) ;;
        *) return ;;
    esac
    check_database_password "$secrets"
    in_deployment up --detach postgres >/dev/null 2>&1 || die "the database does not start: its password was not changed."
    wait_for postgres
    set_database_password "$secrets"
    write_secret database-url <<<"$url"
    restart_readers daphne
    say "the database has the password of $secrets/postgres-password."
}

# Restarts the running services of a list, and legacy, which read the secrets only at their start.
restart_readers() {
    local name those=()
    for name in "$@" legacy; do
        [ -z "$(running "$name")" ] || those+=("$name")
    done
    [ "${#those[@]}" = 0 ] ||
        in_deployment --profile legacy --profile monitoring restart --timeout 60 "${those[@]}"
}

random() { head -c 48 /dev/urandom | base64 --wrap=0 | tr '+/' '-_'; }

refuse_taken_ports() {
    refuse_taken proxy FAWRAN_HTTPS_PORT 8443
    refuse_taken proxy FAWRAN_HTTP_PORT 8080
    ! has_profile legacy || refuse_taken legacy-proxy FAWRAN_LEGACY_PORT 8444
    ! has_profile monitoring || refuse_taken grafana GRAFANA_PORT 3000
}

# Refuses a port of a service that another program uses, with the name of its setting.
refuse_taken() {
    [ -z "$(containers "$1")" ] || return 0 # the service itself uses the port
    local number
    number=$(setting "$2" "$3")
    if (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; then
        die "port $number is taken: set $2 to another."
    fi
}

# Prints the most useful error line: from a failed one-shot service, or from Compose.
why_not_started() {
    local one id
    for one in migrate certificate; do
        id=$(containers "$one" | head -n 1)
        if [ -n "$id" ] && [ "$(state .State.Running "$id")" = false ] && [ "$(state .State.ExitCode "$id")" != 0 ]; then
            echo "$one: $(last_line "$one" | sed 's/^.*fawran: //')"
            return
        fi
    done
    grep -i error "$1" | tail -n 1 || tail -n 1 "$1"
}

# Waits until the containers of a service, except those of a list, are healthy. If one ends, prints
# the last line of the service and returns false.
wait_for() {
    local id ill
    for _ in $(seq 120); do
        ill=""
        for id in $(containers "$1"); do
            [[ ${2:-} != *$id* ]] || continue
            [ "$(state .State.Health.Status "$id")" != healthy ] || continue
            ill=$id
            if [ "$(state .RestartCount "$id")" -gt 2 ] || [ "$(state .State.Status "$id")" = exited ]; then
                say "$1 does not start: $(last_line "$1")"
                return 1
            fi
        done
        [ -n "$ill" ] || return 0
        sleep 1
    done
    say "$1 is not well after two minutes: $(last_line "$1")"
    return 1
}

new_backup() { echo "backups/fawran-$(date --utc +%Y%m%dT%H%M%SZ).tar"; }

# Writes an archive of the current data to a file. The file gets its name only when it is complete
# and on the disk. If this fails, it prints the reason and returns false.
write_backup() (
    file=$(realpath --canonicalize-missing "$1")
    umask 077
    trap 'rm -f "$file.new"' EXIT
    mkdir -p "$(dirname "$file")" && run_once backup make - >"$file.new" &&
        sync "$file.new" && mv "$file.new" "$file" && sync "$(dirname "$file")" || exit 1
    say "database and files are in $file; keep $secrets too, apart from it."
)

# Sourced by scripts/deployment: which image of the application its containers are made of.
# FAWRAN_IMAGE names the one that `update` tries. The one that served last has a name of this
# deployment's own, $repository:serving, and is what everything else uses: building or pulling
# another image under FAWRAN_IMAGE changes nothing, nor does an update that was refused.
# shellcheck shell=bash disable=SC2154

repository=$COMPOSE_PROJECT_NAME-app

image_id() { "$docker" image inspect --format '{{.Id}}' "$1" 2>/dev/null; }

# Names an image by its content, and prints the name. Containers are made from this name, which
# never moves, so that Compose replaces them exactly when their image is another.
named_image() {
    local id
    id=$(image_id "$1") || return 1
    "$docker" tag "$id" "$repository:${id:7:12}"
    echo "$repository:${id:7:12}"
}

# Prints the name of the image that containers are made of: the one that served last; before any
# has, the one of FAWRAN_IMAGE.
serving_image() {
    if ! image_id "$repository:serving" >/dev/null; then
        # Releases before this one kept no name: what a healthy process runs has served.
        local one
        one=$(containers daphne --filter health=healthy | head -n 1)
        [ -z "$one" ] || "$docker" tag "$(state .Image "$one")" "$repository:serving"
    fi
    named_image "$repository:serving" || named_image "$image" || echo "$image"
}

# Sees that there is an image to make containers of.
need_image() {
    image_id "$repository:serving" >/dev/null || image_id "$image" >/dev/null || provide_image
}

provide_image() {
    if [ "$image" = fawran:local ]; then
        scripts/build-image "$image"
    else
        "$docker" pull "$image" || die "the image $image cannot be had; scripts/build-image makes one."
    fi
}

# Whether an image is the one that served last.
is_serving() {
    local id
    id=$(image_id "$1") && [ "$id" = "$(image_id "$repository:serving")" ]
}

# Keeps the image of a name, which serves now, as the one that served last, and the one before it
# as `previous`. Other images lose the names that they were tried under.
keep_serving() {
    local name
    if ! is_serving "$1"; then
        "$docker" tag "$repository:serving" "$repository:previous" 2>/dev/null || true
        "$docker" tag "$1" "$repository:serving"
    fi
    for name in $("$docker" image ls --format '{{.Repository}}:{{.Tag}}' "$repository"); do
        case $name in
            "$1" | *:serving | *:previous) ;;
            *) "$docker" image rm "$name" >/dev/null 2>&1 || true ;;
        esac
    done
}

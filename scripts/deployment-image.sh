# Selects the application's image for new containers; scripts/deployment sources this file.
# FAWRAN_IMAGE names the image that `update` tries. The image that served last has the name
# $repository:serving, and all other operations use it. So building or pulling another image as
# FAWRAN_IMAGE changes nothing, and neither does a refused update.
# shellcheck shell=bash disable=SC2154

repository=$COMPOSE_PROJECT_NAME-app

image_id() { "$docker" image inspect --format '{{.Id}}' "$1" 2>/dev/null; }

# Names an image by its content, and prints the name. Containers use this name, which never moves,
# so that Compose replaces them exactly when their image changes.
named_image() {
    local id
    id=$(image_id "$1") || return 1
    "$docker" tag "$id" "$repository:${id:7:12}"
    echo "$repository:${id:7:12}"
}

# Prints the name of the image for containers: the one that served last, or FAWRAN_IMAGE if none has
# served yet.
serving_image() {
    if ! image_id "$repository:serving" >/dev/null; then
        # Earlier releases stored no name. The image of a healthy process has served.
        local one
        one=$(containers daphne --filter health=healthy | head -n 1)
        [ -z "$one" ] || "$docker" tag "$(state .Image "$one")" "$repository:serving"
    fi
    named_image "$repository:serving" || named_image "$image" || echo "$image"
}

# Provides an image for containers if there is none.
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

# Checks whether an image is the one that served last.
is_serving() {
    local id
    id=$(image_id "$1") && [ "$id" = "$(image_id "$repository:serving")" ]
}

# Stores an image that serves now as `serving`, and the one before it as `previous`. Other images
# lose the names that they had during an update.
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

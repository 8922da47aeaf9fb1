# shellcheck shell=sh
# The file an update comes in: a squashfs of the whole tree.

payload_verify() { # FILE
    { [ -f "$1" ] && [ -r "$1" ]; } || refuse "$1 is not a file that can be read"
    size=$(stat -c %s "$1")
    { [ "$size" -gt 96 ] && [ "$(head -c 4 "$1")" = hsqs ]; } || refuse "$1 is not a squashfs image"
    used=$(od -An -td8 -j40 -N8 "$1" | tr -d ' ')
    { [ "$used" -gt 96 ] && [ "$size" -ge "$used" ]; } || refuse "$1 is truncated: $size bytes of $used"
    [ -e "$1.sha256" ] || return 0
    read -r expected _ <"$1.sha256" || :
    actual=$(sha256sum <"$1")
    [ "${actual%% *}" = "$expected" ] || refuse "$1 is damaged: its digest is not the one in $1.sha256"
}

# Layers are told apart by their age: what an older image would become is not the newest, and cannot be gone back from. Its own
# engine knows nothing of what came after it, so this one says so.
payload_newer() { # TREE [RUNNING_TREE]
    new=$(nvr_of_tree "$1")
    old=$(nvr_of_tree "${2:-/}")
    [ "$(printf '%s\n' "$new" "$old" | sort -V | head -n 1)" = "$old" ] ||
        refuse "$new is older than $old, which runs; imgbase rollback selects a layer that is there already"
}

# Without these no layer could be made from it, or it would lead nowhere.
payload_whole() { # TREE
    [ -r "$1/usr/lib/imgbased/update.sh" ] || refuse 'the image has no layout engine'
    [ -d "$1/etc" ] || refuse 'the image has no /etc'
}

# The rest is done by the engine of the new image: only it knows what that image needs.
payload_hand_over() { # FILE
    image=$RUN/image
    mkdir -p "$image"
    mount -o ro,loop -t squashfs "$1" "$image" || refuse "$1 cannot be mounted"
    payload_whole "$image"
    payload_newer "$image"
    exec sh "$image/usr/lib/imgbased/update.sh" "$1" "$image"
}

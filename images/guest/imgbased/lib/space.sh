# shellcheck shell=sh
# Room for one more image, measured before anything is touched.

# Bytes that the tree $1 takes on ext4: whole blocks, an inode each, and a twentieth for the rest of the file system.
space_of_tree() {
    find "$@" -xdev -printf '%y %s\n' | awk '
        { bytes += 256 + ($1 == "f" ? int(($2 + 4095) / 4096) * 4096 : 4096) }
        END { printf "%.0f\n", bytes * 1.05 + 16 * 1048576 }'
}

# LV_BYTES POOL_BYTES POOL_PERCENT METADATA_PERCENT NEED_BYTES: prints why not, or nothing.
space_in_pool() {
    awk -v lv="$1" -v pool="$2" -v used="$3" -v meta="$4" -v need="$5" -v max="$POOL_PERCENT_MAX" 'BEGIN {
        after = used + 100 * need / pool
        if (need > lv * 0.95) printf "the image needs %d MiB, a layer has %d MiB\n", need / 1048576, lv / 1048576
        else if (after > max) printf "the image needs %d MiB, the thin pool has %d MiB left of the %d %% that may be used\n", \
            need / 1048576, (max > used ? max - used : 0) * pool / 100 / 1048576, max
        else if (meta > max) printf "%d %% of the thin pool'\''s metadata is used, %d %% may be\n", meta, max
    }'
}

# Refuses a file of that many bytes in the running layer.
space_for_file() { # BYTES
    why=$(space_in_pool "$(stat -f -c '%a %S' / | awk '{ print $1 * $2 }')" "$(lv_field "$POOL" 5)" "$(lv_field "$POOL" 7)" \
        "$(lv_field "$POOL" 8)" "$1")
    [ -z "$why" ] || refuse "no space in $VG/$POOL: $why"
}

space_check() { # IMAGE_TREE KVER
    need=$(space_of_tree "$1" /etc /root)
    why=$(space_in_pool "$(lv_field "$ROOT_LV" 5)" "$(lv_field "$POOL" 5)" "$(lv_field "$POOL" 7)" "$(lv_field "$POOL" 8)" "$need")
    [ -z "$why" ] || refuse "no space in $VG/$POOL: $why"

    modules=$1/usr/lib/modules/$2
    # shellcheck disable=SC2046  # two numbers
    set -- $(stat -c %s "$modules/vmlinuz" "$modules/initramfs.img") $(stat -f -c '%a %S' "$BOOT")
    need=$(($1 + $2 + BOOT_RESERVE_BYTES))
    [ "$need" -le $(($3 * $4)) ] ||
        refuse "no space in $BOOT: the kernel needs $((need / 1048576)) MiB, $(($3 * $4 / 1048576)) MiB are free"
}

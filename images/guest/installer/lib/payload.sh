# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# The image: a squashfs that is the whole system, or (ostree.sh) a commit. Looked at before a disk is touched, extracted after.

# check_payload: is it there, is it whole, will it fit?
check_payload() {
    ! lookup ostreesetup || { check_commit && return; }
    lookup liveimg
    PAYLOAD_URL=$(value url)
    PAYLOAD_SHA256=$(value checksum)
    case $PAYLOAD_URL in
        file://*)
            PAYLOAD=${PAYLOAD_URL#file://}
            [ -f "$PAYLOAD" ] || fatal "liveimg: there is no file $PAYLOAD"
            PAYLOAD_BYTES=$(stat -L -c %s "$PAYLOAD")
            check_squashfs
            ;;
        http://*)
            PAYLOAD=''
            need_network
            run curl --silent --show-error --fail --location --head --output "$WORK/head" -- "$PAYLOAD_URL"
            PAYLOAD_BYTES=$(tr -d '\r' <"$WORK/head" | awk 'tolower($1) == "content-length:" { n = $2 } END { print n + 0 }')
            ;;
    esac
    # Extracted, an image takes up to three times its size.
    ROOT_MIB=0
    with_layout lv find_root_size
    [ $((PAYLOAD_BYTES * 3 / 1048576)) -le "$ROOT_MIB" ] ||
        fatal "the volume for / has $ROOT_MIB MiB, and the image ($((PAYLOAD_BYTES / 1048576)) MiB packed) needs $((PAYLOAD_BYTES * 3 / 1048576)) MiB"
}

find_root_size() {
    [ "$(value mount)" != / ] || ROOT_MIB=$(value size)
}

# The superblock says how long a squashfs is; a file that was cut short has less.
check_squashfs() {
    [ "$(head -c 4 "$PAYLOAD")" = hsqs ] || fatal "liveimg: $PAYLOAD_URL is not a squashfs image"
    used=$(od -An -t u8 -j 40 -N 8 "$PAYLOAD" | tr -d ' ')
    [ "$PAYLOAD_BYTES" -ge "$used" ] ||
        fatal "liveimg: $PAYLOAD_URL is cut short: it has $PAYLOAD_BYTES bytes of $used"
    [ -z "$PAYLOAD_SHA256" ] || check_sum
}

check_sum() {
    sum=$(sha256sum <"$PAYLOAD")
    [ "${sum%% *}" = "$(printf '%s' "$PAYLOAD_SHA256" | tr 'A-F' 'a-f')" ] ||
        fatal "liveimg: $PAYLOAD_URL does not have the checksum that the kickstart gives"
}

# An image from the network is put on the target first: the memory may be too small for it.
fetch_payload() {
    ! lookup ostreesetup || return 0
    [ -z "$PAYLOAD" ] || return 0
    PAYLOAD=$ROOT/var/.liveimg
    say "fetching $PAYLOAD_URL ($((PAYLOAD_BYTES / 1048576)) MiB)"
    mkdir -p "$ROOT/var"
    run curl --silent --show-error --fail --location --retry 3 --output "$PAYLOAD" -- "$PAYLOAD_URL"
    PAYLOAD_BYTES=$(stat -c %s "$PAYLOAD")
    check_squashfs
}

extract_payload() {
    ! lookup ostreesetup || { deploy_commit && return; }
    inodes=$(unsquashfs -stat "$PAYLOAD" | sed -n 's/^Number of inodes //p')
    printf '%s + unsquashfs %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$PAYLOAD" >>"$LOG"
    (unsquashfs -force -no-progress -dest "$ROOT" "$PAYLOAD" >"$WORK/output" 2>&1 3>&- && : >"$WORK/extracted") &
    extracting=$!
    show_progress
    wait "$extracting" || :
    [ -e "$WORK/extracted" ] || fatal "the image cannot be extracted: $(tail -n 3 "$WORK/output" | tr '\n' ' ')"
    case $PAYLOAD in
        "$ROOT"/*)
            rm -f "$PAYLOAD"
            fstrim "$ROOT/var" || :
            ;;
    esac
}

# A line for every tenth, measured by the files that are there already.
show_progress() {
    shown=0
    while kill -0 "$extracting" 2>/dev/null; do
        sleep 2
        there=$(df --output=iused "$ROOT" | tail -n 1)
        tenth=$((there * 10 / (inodes + 1)))
        if [ "$tenth" -gt "$shown" ]; then
            shown=$tenth
            say "[$STEP/$STEPS] ${tenth}0 %"
        fi
    done
}

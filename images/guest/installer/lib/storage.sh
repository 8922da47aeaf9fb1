# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# Partitions, volumes and file systems, exactly as LAYOUT says. From here on the disk is changed.

ROOT=/mnt/sysimage
readonly ROOT
# Where the installed system's own tree is: at the top, or in a deployment.
SYSTEM=$ROOT
# The volume group; an ostree host has none.
VG=''

# with_layout KIND FUNCTION: for_each over the layout.
with_layout() {
    plan=$PLAN
    PLAN=$LAYOUT
    for_each "$1" "$2"
    PLAN=$plan
}

# A disk whose name ends in a digit has a p before the partition's number.
partition_device() {
    case $DISK in *[0-9]) echo "/dev/${DISK}p$1" ;; *) echo "/dev/$DISK$1" ;; esac
}

wipe_disk() {
    # Volumes of an earlier installation may have been activated as they were found.
    while read -r vg pv <&4; do
        if [ -n "$pv" ] && [ "$(whole_disk "$pv")" = "$DISK" ]; then run vgchange --quiet --activate n "$vg"; fi
    done 4<"$WORK/pvs"
    DISK_WRITTEN=yes
    for partition in $(partitions_of "$DISK"); do run wipefs --all --quiet "/dev/$partition"; done
    run wipefs --all --quiet "/dev/$DISK"
}

make_partitions() {
    TABLE='' PV_DEVICES=''
    with_layout part describe_partition
    # shellcheck disable=SC2086 # a list of options and numbers
    run sgdisk --clear $TABLE "/dev/$DISK"
    run udevadm settle --timeout=30 "--exit-if-exists=$(partition_device "$(value number)")"
    with_layout part wait_for_partition
}

describe_partition() {
    number=$(value number)
    TABLE="$TABLE --new=$number:0:+$(value size)M --typecode=$number:$(value type)"
    ! get pv || PV_DEVICES="$PV_DEVICES $(partition_device "$number")"
}

wait_for_partition() {
    device=$(partition_device "$(value number)")
    tries=50
    while [ ! -b "$device" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fatal "the partition $device did not appear"
        sleep 0.2
    done
    run wipefs --all --quiet "$device"
}

make_volumes() {
    with_layout vg make_group
    with_layout pool make_pool
    with_layout lv make_volume
}

make_group() {
    VG=$(value name)
    # shellcheck disable=SC2086 # a list of devices
    run vgcreate --yes --quiet "$VG" $PV_DEVICES
}

make_pool() {
    # A chunk size of its own: LVM's choice depends on the pool's size, and zeroing each chunk when it
    # is first written would double the work of the installation.
    run lvcreate --yes --quiet --monitor n --type thin-pool --name "$(value name)" --size "$(value size)m" \
        --poolmetadatasize "$(value metadata)m" --chunksize 64k --zero n "$VG"
}

make_volume() {
    if get thin; then
        run lvcreate --yes --quiet --monitor n --thin --virtualsize "$(value size)m" --name "$(value name)" "$VG/$(value thin)"
    else
        run lvcreate --yes --quiet --wipesignatures y --size "$(value size)m" --name "$(value name)" "$VG"
    fi
}

make_file_systems() {
    with_layout part make_file_system
    with_layout lv make_file_system
}

device_of() {
    if get number; then partition_device "$VALUE"; else echo "/dev/$VG/$(value name)"; fi
}

make_file_system() {
    get mount || return 0
    mount=$VALUE
    device=$(device_of)
    label=$(value label)
    case $(value fstype) in
        vfat) run mkfs.vfat ${label:+-n "$label"} "$device" ;;
        swap) run mkswap ${label:+-L "$label"} "$device" ;;
        xfs) run mkfs.xfs -q -f -K ${label:+-L "$label"} "$device" ;;
        ext4)
            # GRUB reads /boot: nothing there that its ext2 driver does not know.
            case $mount in
                /boot) features='-O ^metadata_csum_seed,^orphan_file' ;;
                # The repository has a reserve of its own.
                /) features='-m 0' ;;
                *) features='' ;;
            esac
            # shellcheck disable=SC2086 # two words or none
            run mkfs.ext4 -q -F $features -E nodiscard ${label:+-L "$label"} "$device"
            ;;
    esac
}

# The mounts of the layout, parents first: "MOUNT<TAB>DEVICE<TAB>FSTYPE<TAB>OPTIONS" in $WORK/mounts.
list_mounts() {
    : >"$WORK/unsorted"
    with_layout part list_mount
    with_layout lv list_mount
    sort "$WORK/unsorted" >"$WORK/mounts"
}

list_mount() {
    get mount || return 0
    printf '%s\t%s\t%s\t%s\n' "$VALUE" "$(device_of)" "$(value fstype)" "$(value fsoptions defaults)" >>"$WORK/unsorted"
}

mount_all() {
    list_mounts
    while IFS=$TAB read -r mount device _ options <&4; do
        [ "$mount" != swap ] || continue
        mkdir -p "$ROOT$mount"
        run mount -o "$options" "$device" "$ROOT$mount"
    done 4<"$WORK/mounts"
}

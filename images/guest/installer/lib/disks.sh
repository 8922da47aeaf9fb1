# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# Which disk to install on. Only looks; every refusal comes before anything is written.

# whole_disk DEVICE: the disk's name (vda) for a disk or a partition of it.
whole_disk() {
    node=$(basename "$(readlink -f "$1")")
    if [ -e "/sys/class/block/$node/partition" ]; then
        basename "$(dirname "$(readlink -f "/sys/class/block/$node")")"
    else
        echo "$node"
    fi
}

# The disks that hold the installation medium and the kickstart.
protected_disks() {
    PROTECTED=' '
    for device in $(findmnt --noheadings --output SOURCE /run/install/repo || :) $KS_DEVICE; do
        PROTECTED="$PROTECTED$(whole_disk "$device") "
    done
}

disk_mib() { echo $(($(cat "/sys/block/$1/size") / 2048)); }

usable_disk() {
    case $1 in loop* | ram* | zram* | sr* | fd* | dm-* | md*) return 1 ;; esac
    case $PROTECTED in *" $1 "*) return 1 ;; esac
    [ "$(cat "/sys/block/$1/ro")" = 0 ] && [ "$(disk_mib "$1")" -gt 0 ]
}

# choose_disk: the first disk that is big enough and allowed, in $DISK. Expects $NEED.
choose_disk() {
    protected_disks
    wanted=${DISK:-$DRIVES}
    DISK=''
    if [ -n "$wanted" ]; then named_disks "$wanted"; else all_disks; fi
    found=''
    for name in $CANDIDATES; do
        size=$(disk_mib "$name")
        found="$found${found:+, }$name has $size MiB"
        if [ "$size" -ge "$NEED" ]; then
            DISK=$name
            break
        fi
    done
    [ -n "$found" ] || fatal 'there is no disk to install on'
    [ -n "$DISK" ] || fatal "no disk is big enough: $NEED MiB are needed, $found"
    DISK_MIB=$(disk_mib "$DISK")
    say "the disk is $DISK ($DISK_MIB MiB)"
}

all_disks() {
    CANDIDATES=''
    for path in /sys/block/*; do
        ! usable_disk "${path##*/}" || CANDIDATES="$CANDIDATES ${path##*/}"
    done
}

# named_disks LIST: names as in a kickstart: vda, /dev/vda, disk/by-id/…
named_disks() {
    CANDIDATES=''
    rest=$1,
    while [ -n "$rest" ]; do
        given=${rest%%,*}
        rest=${rest#*,}
        device=/dev/${given#/dev/}
        [ -b "$device" ] || fatal "the kickstart names the disk $given, and there is none"
        name=$(whole_disk "$device")
        [ "$name" = "$(basename "$(readlink -f "$device")")" ] || fatal "$given is a partition, not a disk"
        usable_disk "$name" ||
            fatal "the disk $given cannot be installed on: it is read-only, or holds the installation medium or the kickstart"
        CANDIDATES="$CANDIDATES $name"
    done
}

partitions_of() { lsblk --noheadings --raw --output NAME,TYPE "/dev/$1" | sed -n 's/ part$//p'; }

# check_disk: refuses a disk in use, or with contents that the kickstart does not give away.
check_disk() {
    [ -z "$(lsblk --noheadings --raw --output MOUNTPOINT "/dev/$DISK" | tr -d '\n')" ] ||
        fatal "the disk $DISK is in use"
    if ! { lookup clearpart && get all; }; then
        partitions=$(partitions_of "$DISK" | tr '\n' ' ')
        [ -z "$partitions" ] || fatal "$DISK has partitions (${partitions% }) and the kickstart has no clearpart --all"
        signature=$(lsblk --noheadings --nodeps --raw --output FSTYPE "/dev/$DISK")
        [ -z "$signature" ] || fatal "$DISK holds data ($signature) and the kickstart has no clearpart --all"
    fi
    group=$(printf '%s' "$LAYOUT" | sed -n "s/^vg${TAB}name=//p")
    : "${group:=(none)}"
    pvs --noheadings --separator "$TAB" --options vg_name,pv_name 2>/dev/null >"$WORK/pvs" || :
    while read -r vg pv <&4; do
        [ "$vg" != "$group" ] || [ "$(whole_disk "$pv")" = "$DISK" ] ||
            fatal "the disk $(whole_disk "$pv") holds a volume group $group already: detach it"
    done 4<"$WORK/pvs"
}

# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# Where the kickstart comes from: inst.ks= on the kernel command line, otherwise /ks.cfg on the volume
# labelled OEMDRV.

# boot_option NAME: the last NAME=value of the kernel command line, in $VALUE.
boot_option() {
    VALUE=$(tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p" | tail -n 1)
    [ -n "$VALUE" ]
}

# find_kickstart: copies the kickstart to $KICKSTART.
find_kickstart() {
    KS_DEVICE=''
    if boot_option 'inst[.]ks'; then
        from=$VALUE
        say "the kickstart is $from"
        case $from in
            http://*) fetch_kickstart "$from" ;;
            file:*) take_kickstart "/${from#file:}" "$from" ;;
            cdrom:/dev/*:*) path=${from#cdrom:} && from_volume "${path%%:*}" "${path#*:}" "$from" ;;
            cdrom:*) take_kickstart "/run/install/repo/${from#cdrom:}" "$from" ;;
            hd:*:*) path=${from#hd:} && from_volume "${path%%:*}" "${path#*:}" "$from" ;;
            hd:*) from_volume "${from#hd:}" /ks.cfg "$from" ;;
            *) fatal "inst.ks=$from is of no known form (hd:LABEL=…:/path, cdrom:/path, file:/path, http://…)" ;;
        esac
        return
    fi
    # A volume that is attached is there by now; nobody would wait for one that is not.
    udevadm settle --timeout=10 || :
    if [ -e /dev/disk/by-label/OEMDRV ]; then
        say 'the kickstart is ks.cfg on the volume OEMDRV'
        from_volume LABEL=OEMDRV /ks.cfg 'the volume OEMDRV'
        return
    fi
    fatal 'there is no kickstart: give inst.ks=…, or attach a volume labelled OEMDRV with a file ks.cfg'
}

# from_volume DEVICE PATH FROM: DEVICE is LABEL=…, UUID=…, /dev/sdb1 or sdb1.
from_volume() {
    case $1 in
        LABEL=*) device=/dev/disk/by-label/${1#LABEL=} ;;
        UUID=*) device=/dev/disk/by-uuid/${1#UUID=} ;;
        /dev/*) device=$1 ;;
        *) device=/dev/$1 ;;
    esac
    tries=20
    while [ ! -b "$device" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fatal "$3: there is no such volume ($device)"
        sleep 0.5
    done
    KS_DEVICE=$(readlink -f "$device")
    mkdir -p "$WORK/volume"
    run mount -o ro "$device" "$WORK/volume"
    take_kickstart "$WORK/volume/$2" "$3"
    run umount "$WORK/volume"
}

take_kickstart() {
    [ -f "$1" ] || fatal "$2: there is no such file"
    name_kickstart "$1"
    cp "$1" "$KICKSTART"
}

fetch_kickstart() {
    name_kickstart "${1%%\?*}"
    need_network
    run curl --silent --show-error --fail --retry 3 --retry-connrefused --output "$KICKSTART" -- "$1"
}

# The copy keeps its name, because error messages speak of it.
name_kickstart() {
    mkdir -p "$WORK/kickstart"
    KICKSTART=$WORK/kickstart/${1##*/}
    [ "$KICKSTART" != "$WORK/kickstart/" ] || KICKSTART=$WORK/kickstart/ks.cfg
}

# The installer starts the network only when something is to be fetched.
need_network() {
    run systemctl start systemd-networkd.service
    tries=60
    while [ -z "$(ip -4 route show default)" ]; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || fatal 'the network did not come up: no address was given within 30 seconds'
        sleep 0.5
    done
}

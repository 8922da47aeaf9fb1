#!/bin/sh
# mount hook: the live root is the medium's squashfs under a tmpfs. All mounts lie below /run, which
# moves into the new root, so that the medium stays at /run/install/repo.

# shellcheck source=/dev/null # dracut's library
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh
# shellcheck source=/dev/null # installed by module-setup.sh
. /lib/hostproof-stage2.sh

mount_live() {
    repo=/run/install/repo
    live=/run/hostproof-live
    mkdir -p "$repo" "$live/lower" "$live/rw"
    mount -o ro "$1" "$repo" || die "the installation medium $1 cannot be mounted"
    [ -e "$repo/LiveOS/squashfs.img" ] || die "the installation medium $1 has no LiveOS/squashfs.img"
    mount -t squashfs -o ro,loop "$repo/LiveOS/squashfs.img" "$live/lower" || die "LiveOS/squashfs.img cannot be mounted"
    mount -t tmpfs -o mode=0755 hostproof-live "$live/rw"
    mkdir "$live/rw/upper" "$live/rw/work"
    mount -t overlay -o "lowerdir=$live/lower,upperdir=$live/rw/upper,workdir=$live/rw/work" hostproof-live "$NEWROOT" ||
        die "the live root cannot be mounted"
}

if ! ismounted "$NEWROOT" && stage2=$(stage2_device); then
    mount_live "$stage2"
fi
unset stage2 repo live

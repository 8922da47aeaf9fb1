#!/bin/sh
# cmdline hook: what the boot has to wait for.

# shellcheck source=/dev/null # dracut's library
type getarg > /dev/null 2>&1 || . /lib/dracut-lib.sh
# shellcheck source=/dev/null # installed by module-setup.sh
. /lib/hostproof-stage2.sh

# shellcheck disable=SC2154 # hookdir is dracut's
if stage2=$(stage2_device); then
    # The initqueue goes on until this succeeds; rd.retry= says for how long.
    printf '[ -e "%s" ]\n' "$stage2" > "$hookdir/initqueue/finished/hostproof-live.sh"
    printf '[ -e "%s" ] || warn "the installation medium (%s) was not found"\n' "$stage2" "$stage2" \
        > "$hookdir/emergency/80-hostproof-live.sh"
    # Volumes on the disks are not for the live system: the installer decides about them.
    mkdir -p /etc/cmdline.d
    echo 'rd.lvm=0' > /etc/cmdline.d/90-hostproof-live.conf
fi
unset stage2

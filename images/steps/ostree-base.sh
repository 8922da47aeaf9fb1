#!/bin/sh
# The finished root as hosts of the ostree layout have it: provisioning by Ignition, an initramfs that knows ostree, and what
# libostree 2022.7 lacks. Still laid out as Debian has it, so that packages can be added.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase 'unpacking the finished root'
unpack_tree "$BASE/base.tar" "$tree"
kver=$(ls "$tree/usr/lib/modules")
modules=$tree/usr/lib/modules/$kver

phase 'adding Ignition and the boot of ostree'
cp "$BASE"/debs/ignition_*.deb "$BASE"/debs/ostree-boot_*.deb "$tree/tmp/"
chroot "$tree" sh -c 'dpkg --install --force-confold /tmp/*.deb'
rm -f "$tree"/tmp/*.deb "$tree/usr/bin/ignition-validate"
cp -r "$GUEST/ostree" "$WORK/ostree"
# the modes of a checkout depend on who made it
chmod -R u=rwX,go=rX "$WORK/ostree"
cp -r --remove-destination "$WORK/ostree/tree/." "$tree/"
cp -r "$WORK/ostree/dracut/." "$tree/usr/lib/dracut/modules.d/"

phase 'compiling the helper'
# shellcheck disable=SC2046  # options
cc -O2 -Wall -Wextra -Werror -s -ffile-prefix-map="$WORK=." -o "$tree/usr/libexec/reference-node/ostree-set-default" \
    "$WORK/ostree/set-default.c" $(pkg-config --cflags --libs ostree-1)

in_tree() { systemctl --quiet --root="$tree" "$@"; }
# Nothing may be written into a deployment.
cp "$tree/usr/share/systemd/tmp.mount" "$tree/usr/lib/systemd/system/"
in_tree enable tmp.mount
# without the path unit nothing would finalise what is staged
in_tree enable ostree-finalize-staged.path ostree-remount.service reference-provisioned.service

phase 'making the initramfs'
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/var/tmp"
chroot "$tree" dracut --quiet --force /var/tmp/initramfs.img "$kver"
# -l: the frame that the kernel can unpack
lz4 -q -l -9 "$tree/var/tmp/initramfs.img" "$modules/initramfs.img" -f
chmod 644 "$modules/initramfs.img"
umount "$tree/var/tmp" "$tree/proc"
umount --recursive --lazy "$tree/dev"
# only the initramfs provisions
rm -rf "$tree/usr/lib/dracut/modules.d/30ignition/ignition"

phase 'packing the finished root'
rm -rf "$tree"/var/log/* "$tree"/var/cache/* "$tree"/var/lib/dpkg/*-old
cp -r "$BASE/debs" "$OUT/debs"
pack_tree "$tree" "$OUT/base.tar"

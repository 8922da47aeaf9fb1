#!/bin/sh
# The squashfs of an image as hosts of the other layout have their tree: /etc is in /usr, and of this layout's engine there is nothing.
#
# Environment: OUT, WORK; SQUASHFS (the sound one, beside its facts).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase 'laying the tree out for the other layout'
unsquashfs -quiet -no-progress -force -dest "$tree" "$SQUASHFS"
rm -rf "$tree/usr/lib/imgbased" "$tree/usr/sbin/imgbase" "$tree/usr/sbin/nodectl" "$tree/usr/share/factory"
mv "$tree/etc" "$tree/usr/etc"
mkdir "$tree/sysroot"
ln -s sysroot/ostree "$tree/ostree"

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"
cp "${SQUASHFS%/*}/facts.json" "$OUT/"

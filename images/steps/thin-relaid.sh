#!/bin/sh
# The squashfs of an image whose tree is not laid out as this layout's hosts need it: see `tamper` in recipe.ts.
#
# Environment: OUT, WORK; SQUASHFS (the sound one, beside its facts); HOW (other: /etc is in /usr, and of this layout's engine there
# is nothing; no-etc: there is no /etc).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase "laying the tree out anew: $HOW"
unsquashfs -quiet -no-progress -force -dest "$tree" "$SQUASHFS"
case $HOW in
    other)
        rm -rf "$tree/usr/lib/imgbased" "$tree/usr/sbin/imgbase" "$tree/usr/sbin/nodectl" "$tree/usr/share/factory"
        mv "$tree/etc" "$tree/usr/etc"
        mkdir "$tree/sysroot"
        ln -s sysroot/ostree "$tree/ostree"
        ;;
    no-etc) rm -r "${tree:?}/etc" ;;
    *)
        echo "there is no way to lay a tree out called $HOW" >&2
        exit 2
        ;;
esac

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"
cp "${SQUASHFS%/*}/facts.json" "$OUT/"

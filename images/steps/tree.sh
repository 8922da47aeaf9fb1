#!/bin/sh
# One version of the reference host: the finished root, the engine, the installer and what this version changes,
# as the squashfs that is update, installer and payload in one.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest); OVERLAY (files of this version, laid
# out as in the tree); PACKAGES (names of packages to add); PANICS (1: the initramfs is empty); INITRAMFS (0:
# there is none); PATCH (a planted defect, or empty).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

start_from "$BASE/base.tar"

phase 'adding engine, installer and this version'"'"'s files'
engine=$(patched imgbased)
for program in "$engine"/sbin/*; do install -m 755 "$program" "$tree/usr/sbin/"; done
add_files "$engine/lib" "$tree/usr/lib/imgbased"
add_installer
add_version

# What the layout engine compares a host's /etc and /root with, to know what the administrator made of them.
rm -rf "$tree/usr/share/factory"
mkdir -p "$tree/usr/share/factory"
cp --archive "$tree/etc" "$tree/root" "$tree/usr/share/factory/"

[ "$PANICS" != 1 ] || empty_initramfs
[ "$INITRAMFS" != 0 ] || rm "$modules/initramfs.img"

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"
write_facts ''

#!/bin/sh
# One version of the reference host: the finished root, the engine, the installer and what this version changes,
# as the squashfs that is update, installer and payload in one.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest); OVERLAY (files of this version, laid
# out as in the tree); PACKAGES (names of packages to add); PANICS (1: the initramfs is empty); PATCH (a planted
# defect, or empty).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase 'unpacking the finished root'
unpack_tree "$BASE/base.tar" "$tree"

phase 'adding engine, installer and this version'"'"'s files'
cp -r "$GUEST/imgbased" "$WORK/imgbased"
if [ -n "$PATCH" ]; then
    patch --strip=1 --fuzz=0 --batch --no-backup-if-mismatch --directory="$WORK/imgbased" <"$PATCH"
fi
for program in "$WORK"/imgbased/sbin/*; do install -m 755 "$program" "$tree/usr/sbin/"; done
mkdir -p "$tree/usr/lib/imgbased"
cp -r --no-preserve=mode "$WORK/imgbased/lib/." "$tree/usr/lib/imgbased/"
# the modes of a checkout depend on who made it
find "$tree/usr/lib/imgbased" "$OVERLAY" -exec chmod u=rwX,go=rX {} +
add_installer "$tree"
cp -r --remove-destination "$OVERLAY/." "$tree/"

for package in $PACKAGES; do cp "$BASE/debs/${package}"_*.deb "$tree/tmp/"; done
if [ -n "$PACKAGES" ]; then
    phase "installing $PACKAGES"
    chroot "$tree" sh -c 'dpkg --install /tmp/*.deb'
    rm -f "$tree"/tmp/*.deb
fi
rm -rf "$tree"/var/log/* "$tree"/var/cache/* "$tree"/var/lib/dpkg/*-old

# What the layout engine compares a host's /etc and /root with, to know what the administrator made of them.
rm -rf "$tree/usr/share/factory"
mkdir -p "$tree/usr/share/factory"
cp --archive "$tree/etc" "$tree/root" "$tree/usr/share/factory/"

kver=$(ls "$tree/usr/lib/modules")
if [ "$PANICS" = 1 ]; then
    # A valid archive with nothing in it: the kernel is left to find a root by itself, and cannot.
    {
        printf '070701'
        printf '%08X' 0 0 0 0 1 0 0 0 0 0 0 11 0
        printf 'TRAILER!!!\000\000\000\000'
    } >"$tree/usr/lib/modules/$kver/initramfs.img"
fi

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"
bytes=$(find "$tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')
content=$(sh "$GUEST/probe/base-content.sh" "$tree")
printf '{"kernelRelease":"%s","treeBytes":%s,"content":%s}\n' "$kver" "$bytes" "$content" >"$OUT/facts.json"

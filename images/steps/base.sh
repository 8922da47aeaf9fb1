#!/bin/sh
# The common root, finished: our files on top, services switched on and off, kernel and initramfs in their place.
#
# Environment: OUT, WORK; ROOT (the root step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase 'unpacking the common root'
unpack_tree "$ROOT/root.tar" "$tree"
kver=$(ls "$tree/usr/lib/modules")
modules=$tree/usr/lib/modules/$kver

phase 'finishing the common root'
mv "$tree/boot/vmlinuz-$kver" "$modules/vmlinuz"
find "$tree/boot" -mindepth 1 -delete
rm -f "$tree/vmlinuz" "$tree/vmlinuz.old" "$tree/initrd.img" "$tree/initrd.img.old"

cp -r "$GUEST/tree" "$WORK/overlay"
# the modes of a checkout depend on who made it
chmod -R u=rwX,go=rX "$WORK/overlay"
# --remove-destination: a link of the tree is replaced, not followed out of it
cp -r --remove-destination "$WORK/overlay/." "$tree/"
cp -r "$GUEST/dracut/." "$tree/usr/lib/dracut/modules.d/"

in_tree() { systemctl --quiet --root="$tree" "$@"; }
in_tree enable ssh.service systemd-networkd.service serial-getty@ttyS0.service reference-host-key.service reference-health.service
# Installed for the hosts whose kickstart asks for them.
in_tree disable multipathd.service multipathd.socket open-iscsi.service iscsid.socket
# A host under test boots often and lives for minutes.
in_tree mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service \
    fstrim.timer systemd-tmpfiles-clean.timer systemd-pstore.service systemd-networkd-wait-online.service \
    getty@tty1.service lvm2-monitor.service blk-availability.service dev-hugepages.mount dev-mqueue.mount \
    sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount \
    modprobe@configfs.service modprobe@drm.service modprobe@fuse.service systemd-network-generator.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service

# What is one host's own is made on that host.
: >"$tree/etc/machine-id"
rm -f "$tree/var/lib/dbus/machine-id" "$tree/var/lib/systemd/random-seed"
# Left by the packages' scripts, and different on every day or of no use.
rm -rf "$tree"/etc/*- "$tree"/var/log/* "$tree"/var/cache/* "$tree"/var/lib/dpkg/*-old "$tree"/var/lib/shells.state \
    "$tree"/var/lib/ucf/*.[0-9] "$tree/var/lib/systemd/catalog"
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:19700:/' "$tree/etc/shadow"
# systemd asks whether /usr is newer than these two; it is not, so nothing is rebuilt at the first boot.
touch "$tree/etc/.updated" "$tree/var/.updated"

phase 'making the initramfs'
mount --rbind /dev "$tree/dev"
mount -t proc proc "$tree/proc"
mount -t tmpfs tmpfs "$tree/var/tmp"
chroot "$tree" dracut --quiet --force "/var/tmp/initramfs.img" "$kver"
# -l: the frame that the kernel can unpack
lz4 -q -l -9 "$tree/var/tmp/initramfs.img" "$modules/initramfs.img"
chmod 644 "$modules/initramfs.img"
umount "$tree/var/tmp" "$tree/proc"
umount --recursive --lazy "$tree/dev"

phase 'packing the finished root'
mkdir "$OUT/efi"
cp "$tree/usr/lib/shim/shimx64.efi.signed" "$OUT/efi/shimx64.efi"
cp "$tree/usr/lib/shim/mmx64.efi.signed" "$OUT/efi/mmx64.efi"
# GRUB with the prefix for media; only the installer's medium has a use for it
mv "$tree/usr/lib/grub/x86_64-efi-signed/gcdx64.efi.signed" "$OUT/efi/grubx64.efi"
rm -f "$tree"/usr/lib/shim/*.efi
cp "$modules/vmlinuz" "$modules/initramfs.img" "$OUT/"
cp -r "$ROOT/debs" "$OUT/debs"
pack_tree "$tree" "$OUT/base.tar"

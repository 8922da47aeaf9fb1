#!/bin/sh
# The common root, finished: our files on top, services switched on and off, kernel and initramfs in their place.
#
# Environment: OUT, WORK; ROOT (the root step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

start_from "$ROOT/root.tar"

phase 'finishing the common root'
mv "$tree/boot/vmlinuz-$kver" "$modules/vmlinuz"
find "$tree/boot" -mindepth 1 -delete
rm -f "$tree/vmlinuz" "$tree/vmlinuz.old" "$tree/initrd.img" "$tree/initrd.img.old"

add_files "$GUEST/tree" "$tree"
add_files "$GUEST/dracut" "$tree/usr/lib/dracut/modules.d"

in_tree enable ssh.service systemd-networkd.service serial-getty@ttyS0.service reference-host-key.service reference-health.service reference-boot-well.service
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
drop_traces
rm -rf "$tree"/etc/*- "$tree"/var/lib/shells.state "$tree"/var/lib/ucf/*.[0-9] "$tree/var/lib/systemd/catalog"
sed -i -E 's/^([^:]*:[^:]*):[0-9]+:/\1:19700:/' "$tree/etc/shadow"
# systemd asks whether /usr is newer than these two; it is not, so nothing is rebuilt at the first boot.
touch "$tree/etc/.updated" "$tree/var/.updated"

make_initramfs

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

# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# GRUB on the EFI system partition: Debian's signed binaries, started by shim.

EFI_LABEL=reference-node

install_boot_loader() {
    efi=$ROOT/boot/efi/EFI
    boot_uuid=$(blkid -p -s UUID -o value "$(mount_device /boot)")
    mkdir -p "$efi/debian" "$efi/BOOT"
    shim=$SYSTEM/usr/lib/shim
    grub=$SYSTEM/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed
    run cp "$shim/shimx64.efi.signed" "$efi/debian/shimx64.efi"
    run cp "$grub" "$efi/debian/grubx64.efi"
    run cp "$shim/shimx64.efi.signed" "$efi/BOOT/BOOTX64.EFI"
    run cp "$grub" "$efi/BOOT/grubx64.efi"
    run cp "$shim/mmx64.efi.signed" "$efi/BOOT/mmx64.efi"
    # The signed GRUB looks for this one file, wherever it was started from.
    cat >"$efi/debian/grub.cfg" <<EOF2
search --no-floppy --fs-uuid --set=root $boot_uuid
set prefix=(\$root)/grub
configfile \$prefix/grub.cfg
EOF2
    add_firmware_entry
}

mount_device() { awk -F "$TAB" -v mount="$1" '$1 == mount { print $2 }' "$WORK/mounts"; }

# Firmware finds EFI/BOOT on its own; the entry in its variables makes this disk the first choice.
add_firmware_entry() {
    variables=/sys/firmware/efi/efivars
    if [ ! -d "$variables" ]; then
        say 'the machine was not started by UEFI firmware: no entry was made in its variables'
        return
    fi
    mountpoint -q "$variables" || run mount -t efivarfs efivarfs "$variables"
    for old in $(efibootmgr | sed -n "s/^Boot\([0-9A-F]\{4\}\)[* ] $EFI_LABEL\($TAB.*\)\{0,1\}\$/\1/p"); do
        run efibootmgr --quiet --bootnum "$old" --delete-bootnum
    done
    device=$(mount_device /boot/efi)
    run efibootmgr --quiet --create --disk "/dev/$DISK" --part "$(cat "/sys/class/block/${device##*/}/partition")" \
        --label "$EFI_LABEL" --loader '\EFI\debian\shimx64.efi'
}

# Without `imgbase layout --init` in %post there is no entry yet; the host is to boot all the same.
ensure_boot_entry() {
    [ ! -s "$ROOT/boot/grub/grub.cfg" ] || return 0
    say 'no layout has been initialised (imgbase layout --init was not run): / is the volume as installed'
    kernel=''
    for path in "$ROOT"/usr/lib/modules/*/vmlinuz; do
        kernel=${path%/vmlinuz}
        kernel=${kernel##*/}
    done
    [ -e "$ROOT/usr/lib/modules/$kernel/vmlinuz" ] || fatal 'the image has no kernel'
    root_device=$(mount_device /)
    id=${root_device##*/}-$kernel
    mkdir -p "$ROOT/boot/grub" "$ROOT/boot/loader/entries" "$ROOT/boot/${root_device##*/}"
    run cp "$ROOT/usr/lib/modules/$kernel/vmlinuz" "$ROOT/boot/${root_device##*/}/vmlinuz-$kernel"
    run cp "$ROOT/usr/lib/modules/$kernel/initramfs.img" "$ROOT/boot/${root_device##*/}/initramfs-$kernel.img"
    cat >"$ROOT/boot/loader/entries/$id.conf" <<EOF2
title ${root_device##*/} ($kernel)
version $kernel
linux /${root_device##*/}/vmlinuz-$kernel
initrd /${root_device##*/}/initramfs-$kernel.img
options root=$root_device rd.lvm.lv=$VG/${root_device##*/} rw $BOOT_APPEND
EOF2
    awk -v default_id="$id" -v timeout="$BOOT_TIMEOUT" -v maker='the installer' \
        -f "$ROOT/usr/libexec/reference-node/menu.awk" \
        "$ROOT/boot/loader/entries/$id.conf" >"$ROOT/boot/grub/grub.cfg"
}

#!/bin/bash
# shellcheck disable=SC2154 # moddir, initdir and systemdsystemunitdir are dracut's
# dracut module: what Ignition needs around it on an ostree host.

# Only where it is asked for by name.
check() {
    return 255
}

depends() {
    echo ignition ostree systemd
}

installkernel() {
    hostonly='' instmods qemu_fw_cfg virtio_rng
}

install() {
    inst_multiple mkdir mount umount chmod sed systemctl tr
    inst_script "$moddir/provision-root" /usr/libexec/provision-root
    inst_script "$moddir/setfiles" /usr/sbin/setfiles
    inst_script "$moddir/provision-units" /usr/libexec/provision-units
    for unit in provision-root.service provision-units.service; do
        inst_simple "$moddir/$unit" "$systemdsystemunitdir/$unit"
        mkdir -p "$initdir/$systemdsystemunitdir/ignition-complete.target.requires"
        ln_r "$systemdsystemunitdir/$unit" "$systemdsystemunitdir/ignition-complete.target.requires/$unit"
    done
}

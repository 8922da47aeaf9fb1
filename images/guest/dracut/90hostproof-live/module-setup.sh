#!/bin/bash
# shellcheck disable=SC2154 # moddir is dracut's
# dracut module: boots the live system of the installation medium when inst.stage2= is given.

# Only where it is asked for by name.
check() {
    return 255
}

depends() {
    echo base fs-lib
}

installkernel() {
    # Where a medium may be: CD-ROM, virtio, IDE, SATA or USB disk. Not every kernel has all of them.
    hostonly='' instmods loop squashfs overlay isofs vfat nls_iso8859-1 nls_cp437 \
        sr_mod cdrom sd_mod ahci ata_piix virtio_blk virtio_scsi usb_storage uas xhci_pci
    # Without it the first boot of a machine waits for entropy: the system makes its identity from random numbers.
    hostonly='' instmods virtio_rng
}

install() {
    inst_multiple mount mkdir
    inst_hook cmdline 05 "$moddir/parse-stage2.sh"
    inst_hook mount 10 "$moddir/mount-live.sh"
    inst_simple "$moddir/stage2-lib.sh" /lib/hostproof-stage2.sh
    dracut_need_initqueue
}

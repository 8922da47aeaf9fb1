# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# The end: everything on the disk, nothing mounted, and the machine as the kickstart wants it.

finish_target() {
    mkdir -p "$SYSTEM/var/log/hostproof-installer"
    cp "$LOG" "$SYSTEM/var/log/hostproof-installer/log"
    [ ! -d "$SCRIPT_LOGS" ] || cp -r "$SCRIPT_LOGS" "$SYSTEM/var/log/hostproof-installer/"
    chmod -R go= "$SYSTEM/var/log/hostproof-installer"
    swapoff -a
    sync
    run umount --recursive "$ROOT"
    [ -z "$VG" ] || run vgchange --quiet --activate n "$VG"
    run blockdev --flushbufs "/dev/$DISK"
}

end_installation() {
    for command in poweroff shutdown reboot; do
        if lookup "$command"; then
            # Nothing that is left running has anything to save.
            case $command in reboot) systemctl --force reboot ;; *) systemctl --force poweroff ;; esac
            exit 0
        fi
    done
    say 'press Enter to reboot'
    read -r _ || sleep infinity
    systemctl --force reboot
}

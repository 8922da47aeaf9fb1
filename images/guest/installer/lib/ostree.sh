# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# An ostree host: a commit from a repository, deployed. As `ostreesetup` of a kickstart asks for it.

# What every host keeps free, so that an upgrade is refused before the disk is full.
MIN_FREE=500MB

# check_commit: is there such a repository, and such a commit in it? Expects the fields of ostreesetup.
check_commit() {
    OSNAME=$(value osname) REMOTE=$(value remote) REF=$(value ref) REPOSITORY_URL=$(value url)
    case $REPOSITORY_URL in
        file://*)
            repository=${REPOSITORY_URL#file://}
            [ -f "$repository/config" ] || fatal "ostreesetup: there is no repository $repository"
            [ -f "$repository/refs/heads/$REF" ] || fatal "ostreesetup: $REPOSITORY_URL has no $REF"
            ;;
        http://*)
            need_network
            run curl --silent --show-error --fail --location --head --output /dev/null -- "$REPOSITORY_URL/refs/heads/$REF"
            ;;
    esac
}

# Leaves in $SYSTEM where the deployment is; until the boot loader is there, libostree leaves that to us.
deploy_commit() {
    repository=$ROOT/ostree/repo
    run ostree admin init-fs --modern "$ROOT"
    run ostree admin os-init --sysroot="$ROOT" "$OSNAME"
    run ostree config --repo="$repository" set sysroot.bootloader none
    run ostree config --repo="$repository" set sysroot.readonly true
    run ostree config --repo="$repository" set core.min-free-space-size "$MIN_FREE"
    run ostree remote add --repo="$repository" --no-gpg-verify "$REMOTE" "$REPOSITORY_URL"
    say "pulling $REF"
    run ostree pull --repo="$repository" "$REMOTE" "$REF"
    say "deploying $REF"
    boot_settings
    set -- "--karg=root=UUID=$(blkid -p -s UUID -o value "$(mount_device /)")" --karg=rw --karg=ignition.platform.id=qemu
    for argument in $BOOT_APPEND; do set -- "$@" "--karg-append=$argument"; done
    run ostree admin deploy --sysroot="$ROOT" --os="$OSNAME" "$@" "$REMOTE:$REF"
    for SYSTEM in "$ROOT/ostree/deploy/$OSNAME"/deploy/*.0; do :; done
    [ -d "$SYSTEM" ] || fatal 'nothing was deployed'
    # What belongs to all versions, as the running system has it; the rest of the tree is the version's own.
    run mount --bind "$ROOT/ostree/deploy/$OSNAME/var" "$SYSTEM/var"
    run mount --bind "$ROOT/boot" "$SYSTEM/boot"
    run systemd-tmpfiles --create --boot --root="$SYSTEM" --prefix=/var
}

# From here on libostree writes the menu, beside the entries, and both are switched at once.
switch_boot_loader() {
    loader=$(readlink "$ROOT/boot/loader")
    mkdir -p "$ROOT/boot/grub"
    run ln -s ../loader/grub.cfg "$ROOT/boot/grub/grub.cfg"
    run chroot "$SYSTEM" /usr/libexec/reference-node/grub-menu -o "/boot/$loader/grub.cfg"
    run ostree config --repo="$ROOT/ostree/repo" set sysroot.bootloader grub2
    # GRUB asks the kernel to provision as long as this is here.
    : >"$ROOT/boot/ignition.firstboot"
}

# shellcheck shell=sh
# Words, numbers and habits that every command of the engine shares.
# shellcheck disable=SC2034  # read by the files that source this one
set -eu
umask 022
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin
# LVM complains about every descriptor it inherits, and ours is the lock.
LVM_SUPPRESS_FD_WARNINGS=1
export LC_ALL PATH LVM_SUPPRESS_FD_WARNINGS

IMAGES_TO_KEEP=2
POOL_PERCENT_MAX=80           # data and metadata, the new image included
BOOT_RESERVE_BYTES=8388608
RUN=/run/imgbased
BOOT=/boot
ENTRIES=$BOOT/loader/entries
MENU=$BOOT/grub/grub.cfg

say() { printf 'imgbase: %s\n' "$*" >&2 || :; }
die() { say "error: $*"; exit 1; }
usage() { say "usage: $*"; exit 2; }
# Nothing has been changed yet, and nothing will be.
refuse() { say "refused: $*"; exit 3; }

# Signals end the program through its EXIT trap, where the clean-up is.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# One writer at a time. Children inherit descriptor 9, so the lock is held until the last of them is gone: what a killed
# run left writing in the background is waited for, not fought with.
lock() {
    mkdir -p "$RUN"
    exec 9>"$RUN/lock"
    flock -w 60 9 || refuse 'another imgbase is at work'
}

# Everything this program mounts is seen by nobody else and goes away with its last process, even after kill -9.
enter_private_mounts() {
    [ -z "${IMGBASED_PRIVATE-}" ] || return 0
    IMGBASED_PRIVATE=1 exec unshare --mount --propagation private "$@"
}

# The name, version and release of the image whose tree is $1.
nvr_of_tree() {
    read -r nvr <"${1%/}/usr/share/hostproof/nvr" || refuse "the tree $1 does not say which image it is"
    case $nvr in
        '' | *[!A-Za-z0-9._-]*) refuse "'$nvr' cannot be the name of an image" ;;
    esac
    printf '%s\n' "$nvr"
}

# The version of the one kernel in the tree $1.
kernel_of_tree() {
    set -- "${1%/}"/usr/lib/modules/*/vmlinuz
    { [ $# -eq 1 ] && [ -s "$1" ] && [ -s "${1%/*}/initramfs.img" ]; } ||
        refuse 'the image must have exactly one kernel, and its initramfs'
    set -- "${1%/vmlinuz}"
    printf '%s\n' "${1##*/}"
}

# shellcheck shell=sh
# What the steps share. A step writes its results into the directory named by OUT, works in the directory
# named by WORK, says `==> text` when a new phase begins, and leaves everything else to its log.

phase() { printf '==> %s\n' "$*"; }

# Every time stamp in an image is this one, whenever it is built.
SOURCE_DATE_EPOCH=1704067200
export SOURCE_DATE_EPOCH
export LC_ALL=C TZ=UTC

umask 022

# pack_tree TREE FILE: a stage's tree as one file; capabilities and other extended attributes included.
pack_tree() {
    tar --create --file "$2" --directory "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --clamp-mtime \
        --numeric-owner --xattrs --xattrs-include='*' --one-file-system \
        --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' .
}

unpack_tree() {
    mkdir -p "$2"
    tar --extract --file "$1" --directory "$2" --numeric-owner --xattrs --xattrs-include='*' --same-permissions
}

# Memory that a tree may take, and that must be free besides.
TREE_MIB=1024
SPARE_MIB=2048

# in_memory DIRECTORY: makes it, in memory if the machine has plenty. A tree is thousands of small files that nobody
# needs once they are packed. The mount goes with the step's namespace.
in_memory() {
    mkdir -p "$1"
    free=$(awk '/^MemAvailable:/ { printf "%d", $2 / 1024 }' /proc/meminfo)
    [ "${free:-0}" -lt $((TREE_MIB + SPARE_MIB)) ] || mount -t tmpfs -o "size=${TREE_MIB}M,mode=755" tree "$1"
}

# add_installer TREE: the installer from images/guest (GUEST), and its units.
add_installer() {
    installer=$1/usr/libexec/hostproof-installer
    mkdir -p "$installer"
    cp -r "$GUEST/installer/." "$installer/"
    rm -rf "$installer/test"
    # the modes of a checkout depend on who made it
    find "$installer" -exec chmod u=rwX,go=rX {} +
    for unit in "$installer"/*.service "$installer"/*.target; do
        [ -e "$unit" ] || continue
        mv "$unit" "$1/usr/lib/systemd/system/"
        if grep -q '^\[Install\]' "$1/usr/lib/systemd/system/${unit##*/}"; then
            systemctl --quiet --root="$1" enable "${unit##*/}"
        fi
    done
}

# write_squashfs TREE FILE: in a shell of its own, since mksquashfs takes either SOURCE_DATE_EPOCH or its options, and the
# variable leaves older times as they are.
write_squashfs() (
    epoch=$SOURCE_DATE_EPOCH
    unset SOURCE_DATE_EPOCH
    mksquashfs "$1" "$2" -comp lz4 -noappend -no-progress -quiet -reproducible -mkfs-time "$epoch" -all-time "$epoch"
)

# pack_repository DIRECTORY FILE: an ostree repository as one file.
pack_repository() {
    tar --create --file "$2" --directory "$1" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --numeric-owner --owner=0 --group=0 \
        --mode=u=rwX,go=rX --pax-option='delete=atime,delete=ctime' .
}

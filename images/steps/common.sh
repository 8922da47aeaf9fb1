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

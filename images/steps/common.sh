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

# start_from TARBALL: the tree that the step works on, the directory of its kernel in it, and the kernel's release.
start_from() {
    tree=$WORK/tree
    in_memory "$tree"
    phase 'unpacking the root'
    unpack_tree "$1" "$tree"
    kver=$(ls "$tree/usr/lib/modules")
    modules=$tree/usr/lib/modules/$kver
}

# add_files DIRECTORY TO: what is in it, over what is there.
add_files() {
    rm -rf "$WORK/files"
    cp -r "$1" "$WORK/files"
    # the modes of a checkout depend on who made it
    chmod -R u=rwX,go=rX "$WORK/files"
    mkdir -p "$2"
    # --remove-destination: a link of the tree is replaced, not followed out of it
    cp -r --remove-destination "$WORK/files/." "$2/"
}

# patched NAME: the directory of that name in images/guest (GUEST), with a planted defect (PATCH) if there is one: where that is.
patched() {
    cp -r "$GUEST/$1" "$WORK/$1"
    [ -z "$PATCH" ] || patch --strip=1 --fuzz=0 --batch --no-backup-if-mismatch --directory="$WORK/$1" <"$PATCH" >&2
    printf '%s\n' "$WORK/$1"
}

in_tree() { systemctl --quiet --root="$tree" "$@"; }

# add_installer: the installer from images/guest (GUEST), and its units.
add_installer() {
    installer=$tree/usr/libexec/hostproof-installer
    add_files "$GUEST/installer" "$installer"
    rm -rf "$installer/test"
    for unit in "$installer"/*.service "$installer"/*.target; do
        [ -e "$unit" ] || continue
        mv "$unit" "$tree/usr/lib/systemd/system/"
        if grep -q '^\[Install\]' "$tree/usr/lib/systemd/system/${unit##*/}"; then
            in_tree enable "${unit##*/}"
        fi
    done
}

# install_packages NAME...: packages that the root step fetched (BASE). Files of ours stay as they are.
install_packages() {
    for package in "$@"; do cp "$BASE/debs/${package}"_*.deb "$tree/tmp/"; done
    chroot "$tree" sh -c 'dpkg --install --force-confold /tmp/*.deb'
    rm -f "$tree"/tmp/*.deb
}

# What packages' scripts leave behind: different on every day, or of no use.
drop_traces() { rm -rf "$tree"/var/log/* "$tree"/var/cache/* "$tree"/var/lib/dpkg/*-old; }

# add_version: what one version has of its own, files (OVERLAY) and packages (PACKAGES: names).
add_version() {
    add_files "$OVERLAY" "$tree"
    if [ -n "$PACKAGES" ]; then
        phase "installing $PACKAGES"
        # shellcheck disable=SC2086  # names
        install_packages $PACKAGES
    fi
    drop_traces
}

# make_initramfs: as dracut's configuration in the tree has it.
make_initramfs() {
    phase 'making the initramfs'
    mount --rbind /dev "$tree/dev"
    mount -t proc proc "$tree/proc"
    mount -t tmpfs tmpfs "$tree/var/tmp"
    chroot "$tree" dracut --quiet --force /var/tmp/initramfs.img "$kver"
    # -l: the frame that the kernel can unpack
    lz4 -q -l -9 -f "$tree/var/tmp/initramfs.img" "$modules/initramfs.img"
    chmod 644 "$modules/initramfs.img"
    umount "$tree/var/tmp" "$tree/proc"
    umount --recursive --lazy "$tree/dev"
}

# pack_cpio: the files named on standard input, as the kernel unpacks them.
pack_cpio() { cpio --quiet --reproducible -R 0:0 -o -H newc; }

# empty_initramfs: an archive with nothing in it. The kernel is left to find a root by itself, and cannot.
empty_initramfs() { pack_cpio </dev/null >"$modules/initramfs.img"; }

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

# write_facts MEMBERS: what is known of the finished tree, and further members of the object, if any.
write_facts() {
    bytes=$(find "$tree" -type f -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }')
    content=$(sh "$GUEST/probe/base-content.sh" "$tree")
    printf '{"kernelRelease":"%s","treeBytes":%s,"content":%s%s}\n' "$kver" "$bytes" "$content" "${1:+,$1}" >"$OUT/facts.json"
}

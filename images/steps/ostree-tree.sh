#!/bin/sh
# One version of the reference host as a commit: the tarball of an archive repository that holds nothing else. It is the
# update as it is shipped, and what the installation medium carries.
#
# Environment: OUT, WORK; BASE (the ostree-base step's results); GUEST (images/guest); OVERLAY (files of this version, laid
# out as in the tree); PACKAGES (names of packages to add); PANICS (1: the initramfs is empty); INITRAMFS (0:
# there is none); VERSION; REF.
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

start_from "$BASE/base.tar"

phase 'adding this version'"'"'s files'
add_version

if [ "$PANICS" = 1 ]; then
    empty_initramfs
else
    # Each version has an initramfs of its own, as each build of a real host has: an archive in front says which.
    mkdir -p "$WORK/stamp/etc"
    printf '%s\n' "$VERSION" >"$WORK/stamp/etc/reference-node-version"
    find "$WORK/stamp" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
    (cd "$WORK/stamp" && find . -mindepth 1 | LC_ALL=C sort | pack_cpio) >"$WORK/initramfs.img"
    cat "$modules/initramfs.img" >>"$WORK/initramfs.img"
    install -m 644 "$WORK/initramfs.img" "$modules/initramfs.img"
fi
[ "$INITRAMFS" != 0 ] || rm "$modules/initramfs.img"

phase 'laying the tree out for ostree'
lay_out() {
    mv etc usr/etc
    # the running system's own; ostree writes it anew with the others' users in it
    mkdir -p usr/lib/sysimage
    mv var/lib/dpkg usr/lib/sysimage/dpkg
    # What packages made in /var is made again on the host, where it is kept across versions.
    {
        echo '# Made of what packages brought in /var.'
        find var -mindepth 1 -type d -not -path 'var/lib/apt*' -not -path 'var/cache/*' -not -path var/opt -printf 'd /%p %#m %U %G - -\n'
        find var -mindepth 2 -type l -printf 'L /%p - - - - %l\n'
        echo 'L /var/lib/dpkg - - - - ../../usr/lib/sysimage/dpkg'
        for name in home opt srv mnt; do echo "d /var/$name 0755 root root - -"; done
        echo 'd /var/roothome 0700 root root - -'
        for name in bin etc games include lib man sbin share src; do echo "d /var/usrlocal/$name 0755 root root - -"; done
        echo 'd /run/media 0755 root root - -'
    } | LC_ALL=C sort -u >usr/lib/tmpfiles.d/reference-node-var.conf
    rm -rf var home opt srv mnt root media usr/local boot tmp
    mkdir -p var boot sysroot
    mkdir -m 1777 tmp
    for name in home opt srv mnt; do ln -s "var/$name" "$name"; done
    ln -s var/roothome root
    ln -s run/media media
    ln -s ../var/usrlocal usr/local
    ln -s sysroot/ostree ostree
}
(cd "$tree" && lay_out)

phase 'committing'
repository=$WORK/repo
# a compressed object is the same bytes wherever it is made
ostree init --repo="$repository" --mode=archive
ostree --repo="$repository" config set core.fsync false
checksum=$(ostree --repo="$repository" commit --branch="$REF" --bind-ref="$REF" --subject="Reference Node $VERSION" \
    --add-metadata-string=version="$VERSION" --timestamp="@$SOURCE_DATE_EPOCH" --no-xattrs "$tree")
ostree --repo="$repository" config unset core.fsync
rm -rf "$repository/tmp" "$repository/.lock"
mkdir "$repository/tmp"

phase 'packing the repository'
pack_repository "$repository" "$OUT/commit.tar"
write_facts "\"commit\":\"$checksum\""

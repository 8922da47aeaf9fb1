#!/bin/sh
# A commit whose tree is not laid out as libostree wants it: see `tamper` in recipe.ts.
#
# Environment: OUT, WORK; COMMIT (the sound tarball); REF; HOW (other: a plain root, with /etc, and its kernel in /boot; no-etc: there is
# no /etc anywhere); VERSION.
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

phase 'unpacking the commit'
sound=$WORK/sound
mkdir "$sound"
tar --extract --file "$COMMIT" --directory "$sound"
tree=$WORK/tree
in_memory "$tree"
ostree --repo="$sound" config set core.fsync false
ostree checkout --repo="$sound" --union "$REF" "$tree"
rm -rf "$sound"

phase "laying the tree out anew: $HOW"
case $HOW in
    other)
        mv "$tree/usr/etc" "$tree/etc"
        rm "$tree/ostree"
        for modules in "$tree"/usr/lib/modules/*; do
            mv "$modules/vmlinuz" "$tree/boot/vmlinuz-${modules##*/}"
            mv "$modules/initramfs.img" "$tree/boot/initrd.img-${modules##*/}"
        done
        ;;
    no-etc) rm -r "$tree/usr/etc" ;;
    *)
        echo "there is no way to lay a commit out called $HOW" >&2
        exit 2
        ;;
esac

phase 'committing'
repository=$WORK/repo
ostree init --repo="$repository" --mode=archive
ostree --repo="$repository" config set core.fsync false
ostree --repo="$repository" commit --branch="$REF" --bind-ref="$REF" --subject="Reference Node $VERSION" \
    --add-metadata-string=version="$VERSION" --timestamp="@$SOURCE_DATE_EPOCH" --no-xattrs "$tree"
ostree --repo="$repository" config unset core.fsync
rm -rf "$repository/tmp" "$repository/.lock"
mkdir "$repository/tmp"

phase 'packing the repository'
pack_repository "$repository" "$OUT/commit.tar"

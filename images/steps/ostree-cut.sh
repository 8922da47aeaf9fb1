#!/bin/sh
# A commit as a broken download leaves it: the object that is its initramfs, which every version has of its own, ends early.
#
# Environment: OUT, WORK; COMMIT (the sound tarball); REF; KEEP_PERCENT (of the object).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

phase 'cutting an object short'
repository=$WORK/repo
mkdir "$repository"
tar --extract --file "$COMMIT" --directory "$repository"
modules=$(ostree --repo="$repository" ls --nul-filenames-only "$REF" /usr/lib/modules | tr '\0' '\n' | tail -n 1)
# -00644 0 0 SIZE CHECKSUM PATH
checksum=$(ostree --repo="$repository" ls --checksum "$REF" "$modules/initramfs.img" | awk '{ print $5 }')
rest=${checksum#??}
object=$repository/objects/${checksum%"$rest"}/$rest.filez
truncate --size=$(($(stat -c %s "$object") * KEEP_PERCENT / 100)) "$object"

phase 'packing the repository'
pack_repository "$repository" "$OUT/commit.tar"

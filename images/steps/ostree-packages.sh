#!/bin/sh
# What administrators of ostree hosts add to an image: a tree that systemd-sysext lays over /usr, on a branch of its own in
# the tarball of an archive repository. It has the files that the package of that name has in /usr; /etc is the host's own.
#
# Environment: OUT, WORK; RPM (a package); NAME; REF (the branch).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

phase 'laying the package out as a tree'
tree=$WORK/tree
mkdir "$tree"
rpm2cpio "$RPM" | (cd "$tree" && cpio --extract --make-directories --quiet --no-absolute-filenames './usr/*')
mkdir -p "$tree/usr/lib/extension-release.d"
# it suits every version of the host
echo 'ID=_any' >"$tree/usr/lib/extension-release.d/extension-release.$NAME"

phase 'committing'
repository=$WORK/repo
ostree init --repo="$repository" --mode=archive
ostree --repo="$repository" commit --branch="$REF" --bind-ref="$REF" --subject="$NAME" --timestamp="@$SOURCE_DATE_EPOCH" \
    --owner-uid=0 --owner-gid=0 --no-xattrs "$tree"
rm -rf "$repository/tmp" "$repository/.lock"
mkdir "$repository/tmp"

phase 'packing the repository'
pack_repository "$repository" "$OUT/package.tar"

#!/bin/sh
# The packages that administrators of reference hosts install.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"
. "$steps/rpm.sh"

phase 'building the packages'
mkdir "$WORK/tree"
tar --extract --file "$BASE/base.tar" --directory "$WORK/tree" --wildcards './usr/lib/modules/*/kernel/lib/crc7.ko'
kver=$(ls "$WORK/tree/usr/lib/modules")
build_rpm "$GUEST/rpm/specs/admin-tool.spec"
build_rpm "$GUEST/rpm/specs/kmod-reference.spec" "kver $kver" "module $WORK/tree/usr/lib/modules/$kver/kernel/lib/crc7.ko"
for rpm in "$WORK"/rpms/*.rpm; do
    # found by its name alone
    name=${rpm##*/}
    mv "$rpm" "$OUT/${name%%-[0-9]*}.rpm"
done

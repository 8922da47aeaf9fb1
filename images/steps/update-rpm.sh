#!/bin/sh
# The update to one version as it is shipped: an rpm that holds the squashfs.
#
# Environment: OUT, WORK; SQUASHFS (file); NVR (of the image); VERSION, RELEASE; HAMPERED (1: the first attempt on a host
# fails); DIGEST (what the update says is the squashfs's, or empty: its own); PATCH (a planted defect, or empty); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"
. "$steps/rpm.sh"

engine=$(patched imgbased)
phase 'building the rpm'
[ -n "$DIGEST" ] || DIGEST=$(sha256sum <"$SQUASHFS")
build_rpm "$engine/rpm/image-update.spec" "nvr $NVR" "image_version $VERSION" "image_release $RELEASE" \
    "squashfs $SQUASHFS" "squashfs_bytes $(stat -c %s "$SQUASHFS")" "squashfs_sha256 ${DIGEST%% *}" "hampered $HAMPERED"
mv "$WORK"/rpms/*.rpm "$OUT/"

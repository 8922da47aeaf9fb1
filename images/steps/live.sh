#!/bin/sh
# The live system of media that install something other than themselves: the finished root with the installer.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

start_from "$BASE/base.tar"
add_installer

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"

#!/bin/sh
# The live system of media that install something other than themselves: the finished root with the installer.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
phase 'unpacking the finished root'
unpack_tree "$BASE/base.tar" "$tree"
add_installer "$tree"

phase 'writing the squashfs'
write_squashfs "$tree" "$OUT/root.squashfs"

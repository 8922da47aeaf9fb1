#!/bin/sh
# Fills the file system that the repository is on until MIB are left: sh -s -- MIB. Prints what is left, in MiB.
set -eu
leave=$1
filler=/var/filler

free_mib() { stat -f -c '%f %S' /var | awk '{ printf "%d", $1 * $2 / 1048576 }'; }

take=$(($(free_mib) - leave))
if [ "$take" -gt 0 ]; then
    # taken, and not written: an extent has the blocks, whatever is in them
    fallocate --length "${take}MiB" "$filler"
    sync "$filler"
fi
free_mib

#!/bin/sh
# Fills the thin pool until MIB are left: sh -s -- MIB. Prints what it took and what is left, in MiB.
# The volume that takes the space is one of its own, so that no file system of the host runs full.
set -eu
leave=$1

free_mib() {
    # the pool's size in bytes and the share of it that is taken, in percent
    lvs --noheadings --nosuffix --units b -o lv_size,data_percent onn/pool00 |
        awk '{ printf "%d", $1 * (100 - $2) / 100 / 1048576 }'
}

taken=0
take=$(($(free_mib) - leave))
if [ "$take" -gt 0 ]; then
    # --wipesignatures needs the volume's start only; the rest must be written for real to be taken
    lvcreate --quiet --quiet -y --thin -V "$((take + 64))M" -n filler onn/pool00 >/dev/null
    dd if=/dev/zero of=/dev/onn/filler bs=4M count="$((take * 1024 * 1024))" iflag=count_bytes oflag=direct 2>/dev/null
    sync
    taken=$take
fi
echo "$taken $(free_mib)"

#!/bin/sh
# Fills the file system that DIRECTORY is on until MIB are left: sh -s -- DIRECTORY MIB. Prints what is left, in MiB.
# The file DIRECTORY/filler has the space: it is there again when that is removed.
set -eu
directory=$1
leave=$2
filler=${directory%/}/filler

free_mib() { stat -f -c '%f %S' "$directory" | awk '{ printf "%d", $1 * $2 / 1048576 }'; }

take=$(($(free_mib) - leave))
if [ "$take" -gt 0 ]; then
    [ -e "$filler" ] || : >"$filler"
    # taken, and not written, but on FAT: an extent has the blocks, whatever is in them
    fallocate --offset "$(stat -c %s "$filler")" --length "${take}MiB" "$filler"
    sync "$filler"
fi
free_mib

#!/bin/sh
# Fills the file system that DIRECTORY is on until MIB are left: sh -s -- DIRECTORY MIB. Prints what it took and what is left, in MiB.
# The file DIRECTORY/filler has the space: it is there again when that is removed.
set -eu
directory=$1
leave=$2
filler=${directory%/}/filler

free_mib() { stat -f -c '%f %S' "$directory" | awk '{ printf "%d", $1 * $2 / 1048576 }'; }

held_mib() { stat -c '%b %B' "$filler" | awk '{ printf "%d", $1 * $2 / 1048576 }'; }

taken=0
take=$(($(free_mib) - leave))
if [ "$take" -gt 0 ]; then
    [ -e "$filler" ] || : >"$filler"
    held=$(held_mib)
    # taken, and not written, but on FAT: an extent has the blocks, whatever is in them
    while ! fallocate --offset "$(stat -c %s "$filler")" --length "${take}MiB" "$filler"; do
        rest=$(($(free_mib) - leave))
        [ "$rest" -gt 0 ] || break
        # somebody else had some of it first
        if [ "$rest" -lt "$take" ]; then
            take=$rest
            continue
        fi
        # the file system keeps the rest for itself; if it gave nothing, that is not why
        [ "$(held_mib)" -gt "$held" ] || exit 1
        break
    done
    sync "$filler"
    taken=$(($(held_mib) - held))
fi
echo "$taken $(free_mib)"

#!/bin/sh
# inst.stage2=hd:LABEL=X or hd:UUID=X, with or without a path behind a further colon, as Anaconda has it.

# stage2_device: prints the device that inst.stage2= names; fails if the argument is not given.
stage2_device() {
    stage2=$(getarg inst.stage2=) || return 1
    case $stage2 in
        hd:LABEL=?* | hd:UUID=?* | hd:/dev/?*) stage2=${stage2#hd:} ;;
        *) die "inst.stage2=$stage2 is of no known form (hd:LABEL=…, hd:UUID=…)" ;;
    esac
    label_uuid_to_dev "${stage2%%:*}"
}

#!/bin/sh
# Fills the thin pool's metadata until MIB are left: sh -s -- MIB. Prints what is left, in MiB.
# By snapshots of a volume of its own, which LVM knows nothing of: all share its mappings until a chunk is written anew, for
# which the pool keeps a new copy of the block that maps it.
set -eu
leave=$1
vg=onn
pool=$vg-pool00-tpool
filler_mib=512
# in bytes; a block of mappings has 126 to 252 of them, so that each write this far from the last one is a block's first
chunk=65536
stride=$((126 * chunk))
# LVM counts the thin devices of a pool from 1 on
snapshot=16000000

# ... thin-pool TRANSACTION USED/TOTAL, in blocks of 4 KiB
free_mib() {
    dmsetup status "$pool" | awk '{ split($5, blocks, "/"); printf "%d", (blocks[2] - blocks[1]) / 256 }'
}

if [ "$(free_mib)" -gt "$leave" ] && ! [ -e "/dev/$vg/filler" ]; then
    lvcreate --quiet --quiet -y --thin -V "${filler_mib}M" -n filler "$vg/pool00" >/dev/null
    dd if=/dev/zero of="/dev/$vg/filler" bs=4M count=$((filler_mib / 4)) oflag=direct 2>/dev/null
fi
origin=$(lvs --noheadings -o thin_id "$vg/filler" 2>/dev/null | tr -d ' ')
while [ "$(free_mib)" -gt "$leave" ]; do
    dmsetup message "$pool" 0 "create_snap $snapshot $origin"
    dmsetup create hostproof-filler --table "0 $((filler_mib * 2048)) thin /dev/mapper/$pool $snapshot"
    perl -e '
        my ($device, $chunk, $stride, $size) = @ARGV;
        open(my $out, "+<:raw", $device) or die "$device: $!";
        for (my $at = 0; $at < $size; $at += $stride) {
            sysseek($out, $at, 0) and syswrite($out, "\1" x $chunk) == $chunk or die "$device: $!";
        }
        close($out) or die "$device: $!"' /dev/mapper/hostproof-filler "$chunk" "$stride" $((filler_mib * 1048576))
    dmsetup remove hostproof-filler
    snapshot=$((snapshot + 1))
done
free_mib

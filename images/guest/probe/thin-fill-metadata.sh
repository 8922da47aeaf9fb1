#!/bin/sh
# Fills the thin pool's metadata until MIB are left: sh -s -- MIB. Prints what it took and what is left, in MiB.
# By snapshots, which LVM knows nothing of, of a volume of its own: they share its mappings until a chunk is written anew, for which
# the pool keeps a new copy of the block that maps it.
set -eu
leave=$1
vg=onn
pool=$vg-pool00-tpool
filler=metadata-filler
filler_mib=512
# in bytes; a block of mappings has 126 to 252 of them, so that writes this far from each other reach every block
chunk=65536
stride=$((126 * chunk))
# LVM counts the thin devices of a pool from 1 on; there are 24 bits for them
snapshot=16000000
snapshot_max=16777215

# ... thin-pool TRANSACTION USED/TOTAL, in blocks of 4 KiB; a pool that has failed has no such numbers
free_mib() {
    status=$(dmsetup status "$pool")
    printf '%s\n' "$status" | awk '
        $5 !~ /^[0-9]+\/[0-9]+$/ { print "not the status of a pool: " $0 >"/dev/stderr"; exit 1 }
        { split($5, blocks, "/"); printf "%d", (blocks[2] - blocks[1]) / 256 }'
}

before=$(free_mib)
free=$before
if [ "$free" -gt "$leave" ] && ! [ -e "/dev/$vg/$filler" ]; then
    lvcreate --quiet --quiet -y --thin -V "${filler_mib}M" -n "$filler" "$vg/pool00" >/dev/null
    dd if=/dev/zero of="/dev/$vg/$filler" bs=4M count=$((filler_mib / 4)) oflag=direct 2>/dev/null
    free=$(free_mib)
fi
[ "$free" -le "$leave" ] || origin=$(lvs --noheadings -o thin_id "$vg/$filler" | tr -d ' ')
while [ "$free" -gt "$leave" ]; do
    # one that an earlier call has made is passed over
    until dmsetup message "$pool" 0 "create_snap $snapshot $origin" 2>/dev/null; do
        snapshot=$((snapshot + 1))
        [ "$snapshot" -le "$snapshot_max" ] || { echo "no snapshot can be made in $pool" >&2; exit 1; }
    done
    dmsetup create hostproof-filler --table "0 $((filler_mib * 2048)) thin /dev/mapper/$pool $snapshot"
    perl -e '
        my ($device, $chunk, $stride, $size) = @ARGV;
        open(my $out, "+<:raw", $device) or die "$device: $!";
        for (my $at = 0; $at < $size; $at += $stride) {
            sysseek($out, $at, 0) and syswrite($out, "\1" x $chunk) == $chunk or die "$device: $!";
        }
        close($out) or die "$device: $!"' /dev/mapper/hostproof-filler "$chunk" "$stride" $((filler_mib * 1048576))
    # udev looks at what was written to
    dmsetup remove --retry hostproof-filler
    snapshot=$((snapshot + 1))
    free=$(free_mib)
done
echo "$((before - free)) $free"

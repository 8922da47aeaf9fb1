#!/bin/sh
# The content of every base volume, as one digest each: names, kinds, modes, owners, sizes, times of modification, targets of links,
# extended attributes and contents, in the order of their names. Sent over ssh to `unshare --mount sh -s`; prints one line of JSON:
# {"reference-node-1.0-1": "sha256 ...", ...}, null for one that cannot be mounted. Changes nothing: mounts are read-only and replay no journal.
set -u
export LC_ALL=C TZ=UTC LVM_SUPPRESS_FD_WARNINGS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin

# Everything but the times of reading; without the process's own number in the names of extended headers.
digest_tree() {
    tar --create --file=- --directory="$1" --sort=name --numeric-owner --blocking-factor=256 --xattrs --xattrs-include='*' \
        --format=posix --pax-option='exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime' . | sha256sum
}

main() {
    work=/run/hostproof-probe/base
    mkdir -p "$work"
    printf '{'
    lvm lvs --noheadings --separator '|' --config 'log{prefix=""}' -o vg_name,lv_name,lv_attr @imgbased:base 2>/dev/null | {
        separator=''
        while IFS='|' read -r vg name attr; do
            case $attr in ????a*) asleep='' ;; *) asleep=1 ;; esac
            [ -z "$asleep" ] || lvm lvchange --ignoreactivationskip --activate y "$vg/$name" >/dev/null 2>&1
            digest=null
            if mount -o ro,noload "/dev/$vg/$name" "$work" 2>/dev/null || mount -o ro,norecovery "/dev/$vg/$name" "$work"; then
                digest=$(digest_tree "$work")
                digest="\"sha256 ${digest%% *}\""
                umount "$work"
            fi
            printf '%s"%s": %s' "$separator" "$name" "$digest"
            separator=', '
            [ -z "$asleep" ] || lvm lvchange --activate n "$vg/$name" >/dev/null 2>&1
        done
    }
    echo '}'
}

# Not from standard input: there the shell reads this program.
main </dev/null

#!/bin/sh
# One digest for each base volume. Sent over ssh to `unshare --mount sh -s`; prints one line of JSON:
# {"reference-node-1.0-1": "sha256 ...", ...}, null for one that cannot be mounted. Changes nothing: mounts are read-only, without
# journal replay.
#
# Of every file: name, kind, mode, owner, size, times of modification and of change, inode, target. The time of change cannot be set
# back, so nothing that was written through the file system escapes. Of /etc and the programs also the contents, which tells
# damage below the file system; with BASE_DIGEST=full those of every file (a minute and more under emulation).
set -u
export LC_ALL=C TZ=UTC LVM_SUPPRESS_FD_WARNINGS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin

digest_tree() {
    (
        cd "$1" || exit
        find . -xdev -printf '%P %y %m %U:%G %s %T@ %C@ %i %l\n' | sort
        if [ "${BASE_DIGEST-}" = full ]; then set -- .; else set -- etc usr/bin usr/sbin usr/lib/imgbased usr/lib/systemd; fi
        find "$@" -xdev -type f -print0 | sort -z | xargs -0 cat
    ) | sha256sum
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

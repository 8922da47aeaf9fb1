#!/bin/sh
# What trees hold, to the last byte: {"usr": DIGEST, "rest": DIGEST}, /usr apart because an installer leaves it alone.
#
# With a directory as argument: of that tree, which is how the image builder knows what a base must hold. Without: of every base
# of this host, by name, null for one that cannot be read. Then it is sent over ssh to `unshare --mount sh -s`, and changes
# nothing: mounts are read-only, without journal replay. A base is a volume, or a commit that is deployed.
#
# Of every file: name, kind, mode, owner, target, and of regular files the size and the content; not what two extractions of one
# image do not share (times, sizes of directories, inodes). BLAKE2b, because emulated processors have it done in half the time.
set -u
export LC_ALL=C TZ=UTC LVM_SUPPRESS_FD_WARNINGS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin

# PATH [find's tests]: what is left out is named relative to the tree.
digest() {
    {
        find "$@" -printf '%p\t%y\t%m\t%U:%G\t%l\t' \( -type f -printf '%s\n' -o -printf '\n' \) | sort
        find "$@" -type f -print0 | sort -z | xargs -0 -r cat
    } | b2sum --length=256 | cut -c 1-64
}

# Where the image's /etc lies in /usr, the one beside it is the host's own, and so is /var.
tree() (
    cd "$1" || exit
    if [ -d usr/etc ]; then own='-o -path ./etc -o -path ./var'; else own=''; fi
    # shellcheck disable=SC2086  # words of find
    printf '{"usr": "%s", "rest": "%s"}' "$(digest usr -xdev)" "$(digest . -xdev \( -path ./usr -o -path ./lost+found $own \) -prune -o)"
)

# All deployments of one commit are made of the same files.
commits() {
    printf '{'
    separator='' seen=' '
    for deployment in /ostree/deploy/*/deploy/*.[0-9]*/; do
        commit=${deployment%/}
        commit=${commit##*/}
        commit=${commit%.*}
        case $seen in *" $commit "*) continue ;; esac
        seen="$seen$commit "
        printf '%s"%s": %s' "$separator" "$commit" "$(tree "$deployment")"
        separator=', '
    done
    echo '}'
}

bases() {
    work=/run/hostproof-probe/base
    mkdir -p "$work"
    printf '{'
    root_vg=$(lvm lvs --noheadings --config 'log{prefix=""}' -o vg_name "$(findmnt -nro SOURCE /)" 2>/dev/null)
    lvm lvs --noheadings --separator '|' --config 'log{prefix=""}' -o vg_name,lv_name,lv_attr @imgbased:base 2>/dev/null | {
        separator=''
        while IFS='|' read -r vg name attr; do
            # a second disk may hold another installation
            [ "$vg" = "$root_vg" ] || continue
            case $attr in ????a*) asleep='' ;; *) asleep=1 ;; esac
            [ -z "$asleep" ] || lvm lvchange --ignoreactivationskip --activate y "$vg/$name" >/dev/null 2>&1
            content=null
            if mount -o ro,noload "/dev/$vg/$name" "$work" 2>/dev/null || mount -o ro,norecovery "/dev/$vg/$name" "$work"; then
                content=$(tree "$work")
                umount "$work"
            fi
            printf '%s"%s": %s' "$separator" "$name" "$content"
            separator=', '
            [ -z "$asleep" ] || lvm lvchange --activate n "$vg/$name" >/dev/null 2>&1
        done
    }
    echo '}'
}

# Not from standard input: there the shell reads this program.
if [ $# -gt 0 ]; then
    tree "$1"
elif [ -d /ostree/deploy ]; then
    commits
else
    bases
fi </dev/null

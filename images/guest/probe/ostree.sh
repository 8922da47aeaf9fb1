#!/bin/sh
# What an ostree host is, read from the host itself and not from its tool: one JSON document on stdout.
# Sent over ssh, after common.sh, to `sh -s`.

# shellcheck disable=SC2016  # an awk program
REPORT='
function deployment(name, has_commit, partial, written) {
    return "{\"name\": " json(name) ", \"os\": " json(os[name]) ", \"hasCommit\": " yes(has_commit) \
        ", \"isPartial\": " yes(partial) ", \"written\": " json(written) ", \"fstabRoot\": " json(fstab_root(dir[name] "/etc/fstab")) \
        ", \"osReleaseVersionId\": " json(assigned(dir[name] "/usr/lib/os-release", "VERSION_ID")) "}"
}
section == "deployments" { os[$1] = $2; dir[$1] = $3; deployments = add(deployments, deployment($1, $4, $5, $6)) }
section == "menu" && $1 == "default" { menu_default = $2 }
section == "menu" && $1 == "entry" {
    entries = add(entries, "{\"id\": " json($2) ", \"title\": " json($3) ", \"linuxExists\": " yes($4) ", \"initrdExists\": " yes($5) \
        ", \"linuxIsTheDeployments\": " yes($6) ", \"initrdIsTheDeployments\": " yes($7) ", \"deployment\": " json($8) \
        ", \"options\": " json(substr($0, index($0, "||") + 2)) "}")
}
section == "extensions" { extensions = add(extensions, "{\"name\": " json($1) ", \"isSeen\": " yes($2) "}") }
section == "specified" { specified = add(specified, json($1)) }
section == "kernels" { kernels = add(kernels, json($1)) }
section == "staged" { staged = add(staged, json($1)) }
section == "keys" { keys = add(keys, json(substr($0, 1, 64))) }
section == "users" { users = add(users, account($1, $2, substr($3, 1, 64), $4)) }
section == "status" { status = status (lines++ ? "\n" : "") $0 }
END {
    print "{" common_members() ", \"booted\": " json(booted) ", \"rootUuid\": " json(root_uuid) ", \"isReadOnly\": " yes(read_only)
    print ", \"bootDefault\": " json(menu_default) ", \"menuLink\": " json(menu_link) ", \"entries\": [" entries "], \"specified\": [" specified "], \"kernels\": [" kernels "]"
    print ", \"extensions\": [" extensions "], \"deployments\": [" deployments "], \"staged\": [" staged "], \"isStaged\": " yes(is_staged) ", \"status\": " json(status) "}"
}'

# NAME|OS|DIRECTORY|has its commit|commit is partial|files written to. A file of a commit has no time, unless it is empty; one that was
# written to has.
deployments() {
    for directory in /ostree/deploy/*/deploy/*.[0-9]*/; do
        directory=${directory%/}
        [ -d "$directory" ] || continue
        name=${directory##*/}
        commit=${name%.*}
        rest=${commit#??}
        os=${directory#/ostree/deploy/}
        whole=0 partial=0
        [ ! -s "/ostree/repo/objects/${commit%"$rest"}/$rest.commit" ] || whole=1
        [ ! -e "/ostree/repo/state/$commit.commitpartial" ] || partial=1
        written=$(cd "$directory" && find usr -xdev -type f -not -empty -newermt @86400 -printf '%p ' 2>/dev/null | cut -c 1-500)
        printf '%s|%s|%s|%s|%s|%s\n' "$name" "${os%%/*}" "$directory" "$whole" "$partial" "$written"
    done
}

# NAME|all the files that it was installed with are what is in /usr: for each tree that an administrator lays over it.
extensions() {
    for files in /var/lib/extensions/.*.files; do
        [ -s "$files" ] || continue
        name=${files##*/.}
        name=${name%.files}
        seen=1
        while read -r path; do
            cmp -s "/var/lib/extensions/$name/$path" "/$path" || seen=0
        done <"$files"
        printf '%s|%d\n' "$name" "$seen"
    done
}

# What GRUB reads, as GRUB reads it: default|ID, then for each entry
# entry|ID|TITLE|kernel exists|initramfs exists|kernel is the deployment's|initramfs is|DEPLOYMENT||KERNEL'S ARGUMENTS
menu() {
    awk '
        function plain(text) { gsub(/\\\\/, "\001", text); gsub(/\\/, "", text); gsub(/\001/, "\\", text); return text }
        /^set default=/ { sub(/^set default=/, ""); gsub(/["\047]/, ""); print "default|" $0 }
        /^menuentry / {
            id = title = $0
            sub(/.*--id \047/, "", id); sub(/\047.*/, "", id)
            sub(/^menuentry \047/, "", title); sub(/\047 --id .*/, "", title)
            linux = initrd = options = ""
        }
        /^[ \t]+linux / { linux = $2; sub(/^[ \t]+linux [^ ]+ /, ""); sub(/ [$]firstboot$/, ""); options = plain($0) }
        /^[ \t]+initrd / { initrd = $2 }
        /^}/ && id != "" { print "entry|" id "|" title "|" linux "|" initrd "|" options; id = "" }
    ' /boot/grub/grub.cfg 2>/dev/null | while IFS='|' read -r kind id title linux initrd options; do
        if [ "$kind" = default ]; then
            echo "default|$id"
            continue
        fi
        link=
        for word in $options; do case $word in ostree=*) link=${word#ostree=} ;; esac done
        directory=$(readlink -e "/sysroot$link" || :)
        name=
        case $directory in /sysroot/ostree/deploy/*/deploy/*.[0-9]*) name=${directory##*/} ;; esac
        set -- 0 0 0 0
        [ ! -s "/boot$linux" ] || set -- 1 "$2" "$3" "$4"
        [ ! -s "/boot$initrd" ] || set -- "$1" 1 "$3" "$4"
        for modules in "$directory"/usr/lib/modules/*; do
            ! cmp -s "/boot$linux" "$modules/vmlinuz" || set -- "$1" "$2" 1 "$4"
            ! cmp -s "/boot$initrd" "$modules/initramfs.img" || set -- "$1" "$2" "$3" 1
        done
        printf 'entry|%s|%s|%s|%s|%s|%s|%s||%s\n' "$id" "$title" "$1" "$2" "$3" "$4" "$name" "$options"
    done
}

digest_hash() { printf '%s|%s|%s|%s\n' "$1" "$2" "$(printf %s "$3" | sha256sum)" "$4"; }

main() {
    # the root is one of the deployments: the one with its inode
    here=$(stat -c %d:%i /)
    booted='' read_only=1 mounts='' is_staged=0 device=''
    for directory in /ostree/deploy/*/deploy/*.[0-9]*/; do
        [ "$(stat -c %d:%i "$directory")" != "$here" ] || booted=$(basename "$directory")
    done
    while read -r _ _ _ _ point options rest; do
        case $point in /sysroot | /usr) mounts="$mounts$point "; case ",$options," in *,ro,*) ;; *) read_only=0 ;; esac ;; esac
        [ "$point" != /sysroot ] || { rest=${rest#*- * }; device=${rest%% *}; }
    done </proc/self/mountinfo
    # what is not mounted by itself is as writable as what it lies in
    for point in /sysroot /usr; do case " $mounts" in *" $point "*) ;; *) read_only=0 ;; esac; done
    root_uuid=$(lsblk --noheadings --nodeps --output UUID "$device" 2>/dev/null)
    [ ! -e /run/ostree/staged-deployment ] || is_staged=1
    {
        part deployments; deployments
        part extensions; extensions
        part menu; menu
        part specified; for entry in /boot/loader/entries/*.conf; do entry=${entry##*/}; echo "${entry%.conf}"; done
        part kernels; for kernel in /boot/ostree/*/; do [ ! -d "$kernel" ] || basename "$kernel"; done
        # a serialised structure, in which the checksums are text
        part staged; [ "$is_staged" = 0 ] || tr -c 'a-f0-9' '\n' </run/ostree/staged-deployment | grep -x '[0-9a-f]\{64\}'
        part keys; sha256sum /etc/ssh/ssh_host_*_key.pub 2>/dev/null
        part users; each_account digest_hash
        menu_file
        changed_etc /usr/etc
        space /boot /sysroot
        system_state
        part status; ostree admin status 2>&1
    } | report "$REPORT" -v booted="$booted" -v root_uuid="$root_uuid" -v read_only="$read_only" -v is_staged="$is_staged" \
        -v menu_link="$(readlink /boot/grub/grub.cfg)"
}

# Not from standard input: there the shell reads this program.
main </dev/null

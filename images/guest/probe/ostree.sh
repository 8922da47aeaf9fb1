#!/bin/sh
# What an ostree host is, read from the host itself and not from its tool: one JSON document on stdout.
# Sent over ssh to `sh -s`. Changes nothing. Few processes: each costs 10 ms under emulation.
set -u
export LC_ALL=C TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin

# shellcheck disable=SC2016  # an awk program
REPORT='
function json(text,    i, c, out) {
    if (text !~ /[\001-\037\177\\"]/) return "\"" text "\""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in control ? control[c] : c == "\\" || c == "\"" ? "\\" c : c)
    }
    return "\"" out "\""
}
function yes(what) { return what ? "true" : "false" }
function add(list, item) { return list (list == "" ? "" : ", ") item }
function first_line(file,    line) { line = ""; getline line < file; close(file); return line }
function assigned(file, name,    line, value) {
    value = ""
    while ((getline line < file) > 0) if (index(line, name "=") == 1) value = substr(line, length(name) + 2)
    close(file)
    if (value ~ /^".*"$/ || value ~ /^\047.*\047$/) value = substr(value, 2, length(value) - 2)
    return value
}
function fstab_root(file,    line, field, found) {
    found = ""
    while ((getline line < file) > 0) if (split(line, field, " ") > 1 && field[1] !~ /^#/ && field[2] == "/") found = field[1]
    close(file)
    return found
}
function deployment(name, birth, has_commit, partial, written) {
    return "{\"name\": " json(name) ", \"os\": " json(os[name]) ", \"birth\": " birth ", \"hasCommit\": " yes(has_commit) \
        ", \"isPartial\": " yes(partial) ", \"written\": " json(written) ", \"fstabRoot\": " json(fstab_root(dir[name] "/etc/fstab")) \
        ", \"osReleaseVersionId\": " json(assigned(dir[name] "/usr/lib/os-release", "VERSION_ID")) "}"
}
BEGIN {
    FS = "|"
    for (i = 1; i < 32; i++) control[sprintf("%c", i)] = sprintf("\\u%04x", i); control["\177"] = "\\u007f"
}
index($0, mark) == 1 { section = substr($0, length(mark) + 1); next }
section == "deployments" { os[$1] = $2; dir[$1] = $3; deployments = add(deployments, deployment($1, $4, $5, $6, $7)) }
section == "menu" && $1 == "default" { menu_default = $2 }
section == "menu" && $1 == "entry" {
    entries = add(entries, "{\"id\": " json($2) ", \"title\": " json($3) ", \"linuxExists\": " yes($4) ", \"initrdExists\": " yes($5) \
        ", \"linuxIsTheDeployments\": " yes($6) ", \"initrdIsTheDeployments\": " yes($7) ", \"deployment\": " json($8) \
        ", \"options\": " json(substr($0, index($0, "||") + 2)) "}")
}
section == "specified" { specified = add(specified, json($1)) }
section == "kernels" { kernels = add(kernels, json($1)) }
section == "staged" { staged = add(staged, json($1)) }
section == "keys" { keys = add(keys, json(substr($0, 1, 64))) }
section == "users" { users = add(users, "{\"name\": " json($1) ", \"uid\": " $2 ", \"shadowSha256\": " json(substr($3, 1, 64)) "}") }
section == "state" && sub(/^SystemState=/, "") { state = $0 }
section == "failed" && split($0, f, " ") { failed = add(failed, json(f[1])) }
section == "status" { status = status (lines++ ? "\n" : "") $0 }
END {
    print "{\"format\": 1, \"bootId\": " json(first_line("/proc/sys/kernel/random/boot_id")) ", \"kernelRelease\": " json(first_line("/proc/sys/kernel/osrelease"))
    print ", \"cmdline\": " json(first_line("/proc/cmdline")) ", \"booted\": " json(booted) ", \"rootUuid\": " json(root_uuid)
    print ", \"isReadOnly\": " yes(read_only) ", \"osRelease\": {\"versionId\": " json(assigned("/usr/lib/os-release", "VERSION_ID")) "}"
    print ", \"machineId\": " json(first_line("/etc/machine-id")) ", \"hostKeys\": [" keys "], \"users\": [" users "]"
    print ", \"systemState\": " json(state) ", \"failedUnits\": [" failed "]"
    print ", \"bootDefault\": " json(menu_default) ", \"entries\": [" entries "], \"specified\": [" specified "], \"kernels\": [" kernels "]"
    print ", \"deployments\": [" deployments "], \"staged\": [" staged "], \"isStaged\": " yes(is_staged) ", \"status\": " json(status) "}"
}'

part() { printf '%s%s\n' "$mark" "$1"; }

# NAME|OS|DIRECTORY|BIRTH|has its commit|commit is partial|files written to. A file of a commit has no time, unless it is empty; one that was
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
        printf '%s|%s|%s|%s|%s|%s|%s\n' "$name" "${os%%/*}" "$directory" "$(stat -c %W "$directory")" "$whole" "$partial" "$written"
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

users() {
    while IFS=: read -r name _ uid _; do
        [ "$uid" = 0 ] || { [ "$uid" -ge 1000 ] && [ "$uid" -lt 60000 ]; } || continue
        while IFS=: read -r owner hash _; do
            [ "$owner" != "$name" ] || printf '%s|%s|%s\n' "$name" "$uid" "$(printf %s "$hash" | sha256sum)"
        done </etc/shadow
    done </etc/passwd
}

main() {
    umask 077
    read -r mark </proc/sys/kernel/random/uuid
    # the root is one of the deployments: the one with its inode
    here=$(stat -c %d:%i /)
    booted='' read_only=1 is_staged=0 device=''
    for directory in /ostree/deploy/*/deploy/*.[0-9]*/; do
        [ "$(stat -c %d:%i "$directory")" != "$here" ] || booted=$(basename "$directory")
    done
    while read -r _ _ _ _ point options rest; do
        case $point in /sysroot | /usr) case ",$options," in *,ro,*) ;; *) read_only=0 ;; esac ;; esac
        [ "$point" != /sysroot ] || { rest=${rest#*- * }; device=${rest%% *}; }
    done </proc/self/mountinfo
    root_uuid=$(lsblk --noheadings --nodeps --output UUID "$device" 2>/dev/null)
    [ ! -e /run/ostree/staged-deployment ] || is_staged=1
    {
        part deployments; deployments
        part menu; menu
        part specified; for entry in /boot/loader/entries/*.conf; do entry=${entry##*/}; echo "${entry%.conf}"; done
        part kernels; for kernel in /boot/ostree/*/; do [ ! -d "$kernel" ] || basename "$kernel"; done
        # a serialised structure, in which the checksums are text
        part staged; [ "$is_staged" = 0 ] || tr -c 'a-f0-9' '\n' </run/ostree/staged-deployment | grep -x '[0-9a-f]\{64\}'
        part keys; sha256sum /etc/ssh/ssh_host_*_key.pub 2>/dev/null
        part users; users
        part state; state=$(systemctl show --property=SystemState,NFailedUnits); printf '%s\n' "$state"
        case $state in
            *NFailedUnits=0*) ;;
            *) part failed; systemctl list-units --state=failed --plain --no-legend --full 2>/dev/null ;;
        esac
        part status; [ -n "${PROBE_WITHOUT_STATUS-}" ] || ostree admin status 2>&1
    } | awk -v mark="$mark" -v booted="$booted" -v root_uuid="$root_uuid" -v read_only="$read_only" -v is_staged="$is_staged" "$REPORT"
}

# Not from standard input: there the shell reads this program.
main </dev/null

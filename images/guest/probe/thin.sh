#!/bin/sh
# What a thin-layout host is, read from the host itself and not from its layout tool: one JSON document on stdout.
# Sent over ssh to `unshare --mount sh -s`. Changes nothing: volumes of other layers are mounted read-only, without journal replay,
# where nobody else sees it, and one that had to be activated is deactivated again. Few processes: each costs 10 ms under emulation.
set -u
export LC_ALL=C TZ=UTC LVM_SUPPRESS_FD_WARNINGS=1 PATH=/usr/sbin:/usr/bin:/sbin:/bin

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
function number(text) { return text ~ /^[0-9]+([.][0-9]+)?$/ ? text : "null" }
function yes(what) { return what ? "true" : "false" }
function first_line(file,    line) { line = ""; getline line < file; close(file); return line }
function add(list, item) { return list (list == "" ? "" : ", ") item }
function words(text, separator,    n, i, part, out) {
    n = split(text, part, separator)
    for (i = 1; i <= n; i++) if (part[i] != "") out = add(out, json(part[i]))
    return "[" out "]"
}
# The value of a shell-like assignment, as os-release has them.
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
function menu(    line, id) {
    menu_default = menu_ids = ""
    while ((getline line < "/boot/grub/grub.cfg") > 0) {
        if (sub(/^[ \t]*set[ \t]+default=/, "", line)) { gsub(/["\047]/, "", line); menu_default = line }
        else if (line ~ /^[ \t]*menuentry[ \t]/ && match(line, /--id[ =]+/)) {
            id = substr(line, RSTART + RLENGTH)
            if (id ~ /^["\047]/) { id = substr(id, 2); sub(/["\047].*/, "", id) } else sub(/[ \t{].*/, "", id)
            menu_ids = add(menu_ids, json(id))
        }
    }
}
function entry(file,    line, key, value, id) {
    split("", value)
    while ((getline line < file) > 0) if (line ~ /^[a-z-]+[ \t]/) {
        key = line
        sub(/[ \t].*/, "", key)
        gsub(/^[a-z-]+[ \t]+|[ \t\r]+$/, "", line)
        if (key in value) line = value[key] " " line
        value[key] = line
    }
    close(file)
    id = file
    gsub(/.*\/|[.]conf$/, "", id)
    return "{\"id\": " json(id) ", \"title\": " json(value["title"]) ", \"version\": " json(value["version"]) \
        ", \"linux\": " json(value["linux"]) ", \"initrd\": " json(value["initrd"]) ", \"options\": " json(value["options"]) \
        ", \"linuxExists\": " yes(value["linux"] in bytes) ", \"initrdExists\": " yes(value["initrd"] in bytes) \
        ", \"linuxBytes\": " number(bytes[value["linux"]]) ", \"initrdBytes\": " number(bytes[value["initrd"]]) "}"
}
function account(name, uid, digest) {
    return "{\"name\": " json(name) ", \"uid\": " number(uid) ", \"shadowSha256\": " json(digest) "}"
}
function volume(    tags) {
    return "{\"name\": " json($3) ", \"vg\": " json($1) ", \"pool\": " json($4) ", \"origin\": " json($5) ", \"attr\": " json($6) \
        ", \"readOnly\": " yes(substr($6, 2, 1) ~ /[rR]/) ", \"active\": " yes(substr($6, 5, 1) == "a") ", \"sizeBytes\": " number($7) \
        ", \"dataPercent\": " number($8) ", \"uuid\": " json($10) ", \"time\": " json($11) ", \"thinId\": " number($12) \
        ", \"headSha256\": " (head[$3] == "" ? "null" : json(head[$3])) ", \"tags\": " words($13, ",") "}"
}
BEGIN {
    for (entries_given = 1; entries_given < ARGC; entries_given++) { entry_file[entries_given] = ARGV[entries_given]; ARGV[entries_given] = "" }
    FS = "|"
    for (i = 1; i < 32; i++) control[sprintf("%c", i)] = sprintf("\\u%04x", i); control["\177"] = "\\u007f"
}
index($0, mark) == 1 { section = substr($0, length(mark) + 1); next }
section == "boot" { name = $0; sub(/^[0-9]+ /, "", name); bytes["/" name] = $0 + 0
    if (name ~ /^[^\/]+\/vmlinuz-[^\/]+$/) { sub(/\/.*/, "", name); if (!(name in seen)) { seen[name] = 1; dirs = add(dirs, json(name)) } } }
section == "space" { split($0, f, " "); boot_free = f[1] * f[3]; boot_size = f[2] * f[3] }
section == "digests" && /^[0-9a-f]+  / {
    digest = substr($0, 1, 64)
    name = substr($0, 67)
    if (index(name, work) != 1) { keys = add(keys, json(digest)); next }
    name = substr(name, length(work) + 1)
    if (sub(/^base:/, "", name)) head[name] = digest
    else { split(name, f, ":"); users = add(users, account(f[2], f[3], digest)) }
}
section == "state" && sub(/^SystemState=/, "") { state = $0 }
section == "failed" && split($0, f, " ") { failed = add(failed, json(f[1])) }
section == "layers" { layer[++layers] = $1; tree[layers] = $2 }
section == "nodectl" { nodectl = nodectl (nodectl_lines++ ? "\n" : "") $0 }
section == "lvs" {
    if ($2 == device) { root_lv = $3; root_vg = $1; root_pool = $4 }
    line_of[++lvs] = $0
}
END {
    menu()
    for (i = 1; i < entries_given; i++) entries = add(entries, entry(entry_file[i]))
    for (i = 1; i <= lvs; i++) {
        $0 = line_of[i]
        volumes = add(volumes, volume())
        if ($1 == root_vg && $3 == root_pool) pool = "{\"name\": " json($3) ", \"sizeBytes\": " number($7) ", \"dataPercent\": " number($8) ", \"metadataPercent\": " number($9) "}"
    }
    for (i = 1; i <= layers; i++)
        trees = add(trees, "{\"name\": " json(layer[i]) ", \"fstabRoot\": " json(fstab_root(tree[i] "/etc/fstab")) \
            ", \"osReleaseVersionId\": " json(assigned(tree[i] "/usr/lib/os-release", "VERSION_ID")) "}")
    print "{\"format\": 1, \"bootId\": " json(first_line("/proc/sys/kernel/random/boot_id")) ", \"kernelRelease\": " json(first_line("/proc/sys/kernel/osrelease"))
    print ", \"cmdline\": " json(first_line("/proc/cmdline"))
    print ", \"rootDevice\": " json(device) ", \"rootLv\": " json(root_lv) ", \"rootVg\": " json(root_vg) ", \"fstabRoot\": " json(fstab_root("/etc/fstab"))
    print ", \"osRelease\": {\"id\": " json(assigned("/usr/lib/os-release", "ID")) ", \"versionId\": " json(assigned("/usr/lib/os-release", "VERSION_ID")) "}"
    print ", \"nvr\": " json(first_line("/usr/share/hostproof/nvr")) ", \"machineId\": " json(first_line("/etc/machine-id"))
    print ", \"hostKeys\": [" keys "], \"users\": [" users "]"
    print ", \"systemState\": " json(state) ", \"failedUnits\": [" failed "]"
    print ", \"bootDefault\": " json(menu_default) ", \"bootMenu\": [" menu_ids "]"
    print ", \"entries\": [" entries "]"
    printf ", \"bootDirs\": [%s], \"bootFreeBytes\": %.0f, \"bootSizeBytes\": %.0f\n", dirs, boot_free, boot_size
    print ", \"pool\": " (pool == "" ? "null" : pool) ", \"volumes\": [" volumes "]"
    print ", \"layers\": [" trees "], \"nodectl\": " json(nodectl) "}"
}'

# The cheap identity of a base is the digest of the first 4 KiB of its file system. There ext4 keeps the superblock (time of the
# last write, mounts, KiB ever written, checksum) and XFS its own and the first group's free space, so that no mount for writing
# leaves it as it was. Only a write behind the file system's back would: the full digest at the end of a story is for that.
# Password hashes are digested, too: the hash itself stays on the host. One sha256sum for everything.
digests() {
    for base in $bases; do head -c 4096 "/dev/$root_vg/$base" >"$work/digest/base:$base"; done
    while IFS=: read -r name _ uid _; do
        [ "$uid" = 0 ] || { [ "$uid" -ge 1000 ] && [ "$uid" -lt 60000 ]; } || continue
        while IFS=: read -r owner hash _; do
            [ "$owner" != "$name" ] || printf '%s' "$hash" >"$work/digest/user:$name:$uid"
        done </etc/shadow
    done </etc/passwd
    sha256sum "$work"/digest/* /etc/ssh/ssh_host_*_key.pub
}

part() { printf '%s%s\n' "$mark" "$1"; }

main() {
    umask 077
    work=/run/hostproof-probe
    read -r mark </proc/sys/kernel/random/uuid
    while read -r _ _ _ _ point rest; do
        [ "$point" != / ] || { rest=${rest#*- * }; root_device=${rest%% *}; }
    done </proc/self/mountinfo
    volumes=$(lvm lvs --noheadings --separator '|' --units b --nosuffix --config 'log{prefix=""}' \
        -o vg_name,lv_dm_path,lv_name,pool_lv,origin,lv_attr,lv_size,data_percent,metadata_percent,lv_uuid,lv_time,thin_id,lv_tags 2>/dev/null)
    bases='' layers='' asleep='' root_lv='' root_vg=''
    while IFS='|' read -r vg device name _ _ attr _ _ _ _ _ _ tags; do
        [ "$device" != "$root_device" ] || { root_vg=$vg; root_lv=$name; }
        case ",$tags," in
            *,imgbased:base,*) bases="$bases $name" ;;
            *,imgbased:layer,*) layers="$layers $name" ;;
            *) continue ;;
        esac
        case $attr in ????a*) ;; *) asleep="$asleep $vg/$name" ;; esac
    done <<END
$volumes
END
    # shellcheck disable=SC2086  # names of volumes
    [ -z "$asleep" ] || lvm lvchange --ignoreactivationskip --activate y $asleep >/dev/null 2>&1
    for name in digest $layers; do set -- "$@" "$work/$name"; done
    mkdir -p "$@"
    mounted=
    for name in $layers; do
        [ "$name" != "$root_lv" ] || continue
        mount -o ro,noload "/dev/$root_vg/$name" "$work/$name" 2>/dev/null ||
            mount -o ro,norecovery "/dev/$root_vg/$name" "$work/$name" 2>/dev/null || continue
        mounted="$mounted $work/$name"
    done
    set -- /boot/loader/entries/*.conf
    [ -e "$1" ] || shift
    {
        part lvs; printf '%s\n' "$volumes"
        part boot; find -L /boot -maxdepth 2 -type f -printf '%s %P\n' 2>/dev/null
        part space; stat -f -c '%a %b %S' /boot
        part digests; digests 2>/dev/null
        part state; state=$(systemctl show --property=SystemState,NFailedUnits); printf '%s\n' "$state"
        case $state in
            *NFailedUnits=0*) ;;
            *) part failed; systemctl list-units --state=failed --plain --no-legend --full 2>/dev/null ;;
        esac
        part layers; for name in $layers; do if [ "$name" = "$root_lv" ]; then echo "$name|"; else echo "$name|$work/$name"; fi; done
        part nodectl; [ -n "${PROBE_WITHOUT_NODECTL-}" ] || nodectl --machine-readable info 2>&1
    } | awk -v mark="$mark" -v work="$work/digest/" -v device="$root_device" "$REPORT" "$@"
    # shellcheck disable=SC2086
    [ -z "$mounted" ] || umount $mounted
    rm -rf "$work/digest"
    # shellcheck disable=SC2086
    [ -z "$asleep" ] || lvm lvchange --activate n $asleep >/dev/null 2>&1
}

# Not from standard input: there the shell reads this program.
main </dev/null

#!/bin/sh
# What a thin-layout host is, read from the host itself and not from its layout tool: one JSON document on stdout.
# Sent over ssh, after common.sh, to `unshare --mount sh -s`. Volumes of other layers are mounted read-only, without journal replay,
# where nobody else sees it, and one that had to be activated is deactivated again.
export LVM_SUPPRESS_FD_WARNINGS=1

# shellcheck disable=SC2016  # an awk program
REPORT='
function menu(    line, id) {
    menu_default = menu_ids = ""
    while ((getline line < "/boot/grub/grub.cfg") > 0) {
        if (sub(/^set[ \t]+default=/, "", line)) { gsub(/["\047]/, "", line); menu_default = line }
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
        ", \"linuxExists\": " yes(bytes[value["linux"]] > 0) ", \"initrdExists\": " yes(bytes[value["initrd"]] > 0) "}"
}
function volume(    tags) {
    return "{\"name\": " json($3) ", \"vg\": " json($1) ", \"pool\": " json($4) ", \"origin\": " json($5) ", \"attr\": " json($6) \
        ", \"readOnly\": " yes(substr($6, 2, 1) ~ /[rR]/) ", \"active\": " yes(substr($6, 5, 1) == "a") ", \"sizeBytes\": " number($7) \
        ", \"dataPercent\": " number($8) ", \"uuid\": " json($10) ", \"thinId\": " number($11) \
        ", \"headSha256\": " (head[$3] == "" ? "null" : json(head[$3])) ", \"tags\": " words($12, ",") "}"
}
section == "boot" { name = $0; sub(/^[0-9]+ /, "", name); bytes["/" name] = $0 + 0
    if (name ~ /^[^\/]+\/vmlinuz-[^\/]+$/) { sub(/\/.*/, "", name); if (!(name in seen)) { seen[name] = 1; dirs = add(dirs, json(name)) } } }
section == "digests" && /^[0-9a-f]+  / {
    digest = substr($0, 1, 64)
    name = substr($0, 67)
    if (index(name, work) != 1) { keys = add(keys, json(digest)); next }
    name = substr(name, length(work) + 1)
    if (sub(/^base:/, "", name)) head[name] = digest
    else { split(name, f, ":"); users = add(users, account(f[2], f[3], digest, f[4])) }
}
section == "entries" { entry_file[++entries_given] = $0 }
section == "layers" { layer[++layers] = $1; tree[layers] = $2 }
section == "packages" && $1 == "=" { of = $2; root = $3; next }
section == "packages" && NF == 2 { package[of] = add(package[of], "{\"name\": " json($1) ", \"version\": " json($2) "}") }
section == "packages" && $3 ~ /^-/ {
    # of a file, one line is read; the image itself is one line of many megabytes
    if ($1 !~ /image-update$/ && (getline line < (root $4)) < 0) missing[of] = add(missing[of], json($1 " " $4))
    close(root $4)
}
section == "nodectl" { nodectl = nodectl (nodectl_lines++ ? "\n" : "") $0 }
section == "lvs" {
    if ($2 == device) { root_lv = $3; root_vg = $1; root_pool = $4 }
    line_of[++lvs] = $0
}
END {
    menu()
    for (i = 1; i <= entries_given; i++) entries = add(entries, entry(entry_file[i]))
    for (i = 1; i <= lvs; i++) {
        $0 = line_of[i]
        volumes = add(volumes, volume())
        if ($1 == root_vg && $3 == root_pool) pool = "{\"name\": " json($3) ", \"sizeBytes\": " number($7) ", \"dataPercent\": " number($8) ", \"metadataPercent\": " number($9) "}"
    }
    for (i = 1; i <= layers; i++)
        trees = add(trees, "{\"name\": " json(layer[i]) ", \"fstabRoot\": " json(fstab_root(tree[i] "/etc/fstab")) \
            ", \"packages\": [" package[layer[i]] "], \"missingFiles\": [" missing[layer[i]] "]" \
            ", \"osReleaseVersionId\": " json(assigned(tree[i] "/usr/lib/os-release", "VERSION_ID")) "}")
    print "{" common_members() ", \"nvr\": " json(first_line("/usr/share/hostproof/nvr"))
    print ", \"rootDevice\": " json(device) ", \"rootLv\": " json(root_lv) ", \"rootVg\": " json(root_vg) ", \"fstabRoot\": " json(fstab_root("/etc/fstab"))
    print ", \"bootDefault\": " json(menu_default) ", \"bootMenu\": [" menu_ids "]"
    print ", \"entries\": [" entries "]"
    print ", \"bootDirs\": [" dirs "]"
    print ", \"pool\": " (pool == "" ? "null" : pool) ", \"volumes\": [" volumes "]"
    print ", \"layers\": [" trees "], \"nodectl\": " json(nodectl) "}"
}'

# The cheap identity of a base is the digest of the first 4 KiB of its file system. There ext4 keeps the superblock (time of the
# last write, mounts, KiB ever written, checksum) and XFS its own and the first group's free space, so that no mount for writing
# leaves it as it was. Only a write behind the file system's back would: the full digest at the end of a story is for that.
# Password hashes are digested, too: the hash itself stays on the host. One sha256sum for everything.
digests() {
    for base in $bases; do head -c 4096 "/dev/$root_vg/$base" >"$work/digest/base:$base"; done
    each_account keep_hash
    sha256sum "$work"/digest/* /etc/ssh/ssh_host_*_key.pub
}
keep_hash() { printf '%s' "$3" >"$work/digest/user:$1:$2:$4"; }

# What each layer's own package database says. A copy is asked, because SQLite writes even to read.
packages() {
    for name in $layers; do
        tree=$work/$name
        [ "$name" != "$root_lv" ] || tree=
        echo "=|$name|$tree"
        [ -e "$tree/usr/lib/sysimage/rpm/rpmdb.sqlite" ] || continue
        rm -rf "$work/rpm"
        mkdir "$work/rpm"
        cp "$tree"/usr/lib/sysimage/rpm/rpmdb.sqlite* "$work/rpm/"
        rpm --dbpath "$work/rpm" --query --all \
            --queryformat '%{NAME}|%{VERSION}\n[%{=NAME}|%{=VERSION}|%{FILEMODES:perms}|%{FILENAMES}\n]'
    done
    rm -rf "$work/rpm"
}

main() {
    work=/run/hostproof-probe
    while read -r _ _ _ _ point rest; do
        [ "$point" != / ] || { rest=${rest#*- * }; root_device=${rest%% *}; }
    done </proc/self/mountinfo
    volumes=$(lvm lvs --noheadings --separator '|' --units b --nosuffix --config 'log{prefix=""}' \
        -o vg_name,lv_dm_path,lv_name,pool_lv,origin,lv_attr,lv_size,data_percent,metadata_percent,lv_uuid,thin_id,lv_tags 2>/dev/null)
    root_lv='' root_vg=''
    while IFS='|' read -r vg device name _; do
        [ "$device" != "$root_device" ] || { root_vg=$vg; root_lv=$name; }
    done <<END
$volumes
END
    # a second disk may hold another installation
    [ -z "$root_vg" ] || volumes=$(printf '%s\n' "$volumes" | awk -F'|' -v vg="$root_vg" '$1 == vg')
    bases='' layers='' asleep=''
    while IFS='|' read -r vg _ name _ _ attr _ _ _ _ _ tags; do
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
    {
        part lvs; printf '%s\n' "$volumes"
        part boot; find -L /boot -maxdepth 2 -type f -printf '%s %P\n' 2>/dev/null
        space /boot
        part digests; digests 2>/dev/null
        menu_file
        changed_etc /usr/share/factory/etc
        system_state
        part entries; for entry in /boot/loader/entries/*.conf; do [ ! -e "$entry" ] || printf '%s\n' "$entry"; done
        part layers; for name in $layers; do if [ "$name" = "$root_lv" ]; then echo "$name|"; else echo "$name|$work/$name"; fi; done
        part packages; packages 2>/dev/null
        part nodectl; nodectl --machine-readable info 2>&1
    } | report "$REPORT" -v work="$work/digest/" -v device="$root_device"
    # shellcheck disable=SC2086
    [ -z "$mounted" ] || umount $mounted
    rm -rf "$work/digest"
    # shellcheck disable=SC2086
    [ -z "$asleep" ] || lvm lvchange --activate n $asleep >/dev/null 2>&1
}

# Not from standard input: there the shell reads this program.
main </dev/null

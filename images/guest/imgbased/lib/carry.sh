# shellcheck shell=sh
# What the administrator made of the running layer goes to the new one: a three-way merge of /etc and /root by content.

CARRY_ODD='	
'

# One line a file of the tree $1: what it is (kind, mode, owner, content or target), a tab, its path. Newlines in names
# were refused before. Three programs for a whole tree, however many files it has.
carry_list() {
    [ -d "$1" ] || return 0
    (
        cd "$1" || exit
        find . -mindepth 1 -printf '%y %m %U:%G\t%P\t%l\n'
        find . -type f -print0 | xargs -0 -r sha256sum --zero | tr '\0' '\n'
    ) | awk -F'\t' '
        NF == 3 { what[$2] = $1 " " $3; next }
        { path = substr($0, 69); what[path] = what[path] substr($0, 1, 64) }
        END { for (path in what) print what[path] "\t" path }'
}

# Refused before anything is touched, since a list with a line for every file could not hold them.
carry_check() {
    odd=$(find "$1/etc" "$1/root" \( -name "*[$CARRY_ODD]*" -o -lname "*[$CARRY_ODD]*" \) -print -quit)
    [ -z "$odd" ] || refuse "a file under /etc or /root has a tab or a newline in its name or target: $odd"
}

# Reads three lists (pristine, running, new). Prints what has to be done to the new tree: `remove`, `copy`, `rmdir`.
# Caches made by programs and LVM's own copies of its metadata are never the administrator's.
carry_plan() {
    awk -F'\t' -v machine='^(ld[.]so[.]cache|[.]updated|lvm/(archive|backup)(/.*)?|(passwd|group|shadow|gshadow)-?)$' -v top="$4" '
        function parent(path) { return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "" }
        function is_dir(what) { return substr(what, 1, 2) == "d " }
        function copy(path,    up) {
            if (path in copied) return
            copied[path] = 1
            # The way to a kept file must be there, and be directories.
            for (up = parent(path); up != ""; up = parent(up)) if (!is_dir(new[up])) { copied[up] = 1; if (up in new) removed[up] = 1 }
            if (path in new && is_dir(new[path]) != is_dir(running[path])) removed[path] = 1
        }
        FNR == 1 { list++ }
        $1 == "" { next }
        { if (list == 1) old[$2] = $1; else if (list == 2) running[$2] = $1; else new[$2] = $1 }
        END {
            for (path in running) {
                if (top == "etc" && path ~ machine) continue
                if (!(path in new) || running[path] != new[path])
                    if (!(path in old) || running[path] != old[path]) copy(path)
            }
            for (path in old) if (!(path in running) && path in new) {
                if (top == "etc" && path ~ machine) continue
                if (is_dir(new[path])) print "rmdir\t" path; else removed[path] = 1
            }
            for (path in removed) print "remove\t" path
            for (path in copied) print "copy\t" path
        }' "$1" "$2" "$3"
}

# PRISTINE RUNNING NEW: the three trees; $NEW is changed. A file list begins with a line of its own, so that none is empty.
carry_tree() {
    for list in 1:"$2" 2:"$3" 3:"$4"; do
        { echo; carry_list "${list#*:}/"; } >"$RUN/carry.${list%%:*}"
    done
    carry_plan "$RUN/carry.1" "$RUN/carry.2" "$RUN/carry.3" "$1" | sort -r >"$RUN/carry.plan"
    mkdir -p "$4"
    sed -n 's/^remove\t//p' "$RUN/carry.plan" | tr '\n' '\0' | (cd "$4" && xargs -0 -r rm -rf --)
    sed -n 's/^copy\t//p' "$RUN/carry.plan" | sort >"$RUN/carry.copy"
    tar -C "$3" --no-recursion --acls --xattrs --verbatim-files-from --files-from="$RUN/carry.copy" -cf "$RUN/carry.tar"
    tar -C "$4" --acls --xattrs --numeric-owner --same-permissions -xf "$RUN/carry.tar"
    # Deepest first; what the new image has put into a directory that the administrator had deleted is kept.
    sed -n 's/^rmdir\t//p' "$RUN/carry.plan" | tr '\n' '\0' | (cd "$4" && xargs -0 -r rmdir --ignore-fail-on-non-empty --)
    rm -f "$RUN"/carry.*
}

# Accounts are merged by line: a line the administrator changed or added is kept, one he deleted stays deleted, all others
# come from the new image, and so do its new system users.
carry_accounts() { # PRISTINE_ETC RUNNING_ETC NEW_ETC
    for file in passwd group shadow gshadow; do
        { [ -e "$2/$file" ] && [ -e "$3/$file" ]; } || continue
        pristine=$1/$file
        [ -e "$pristine" ] || pristine=/dev/null
        awk -F: '
            FILENAME == ARGV[1] { old[$1] = $0; next }
            FILENAME == ARGV[2] { running[$1] = $0; order[++n] = $1; next }
            { new[$1] = 1 }
            !($1 in old) && !($1 in running) { print; next }
            $1 in running { print running[$1] == old[$1] ? $0 : running[$1] }
            END { for (i = 1; i <= n; i++) if (!(order[i] in new)) print running[order[i]] }
        ' "$pristine" "$2/$file" "$3/$file" >"$RUN/account"
        cat "$RUN/account" >"$3/$file"   # keeps the mode and the owner of the new one
        rm -f "$RUN/account"
    done
}

# / of a layer names itself.
carry_fstab() { # TREE LAYER
    awk -v device="/dev/$VG/$2" '
        !/^[ \t]*#/ && $2 == "/" { sub(/[^ \t]+/, device); found = 1 }
        { print }
        END { if (!found) print device " / ext4 defaults 1 1" }' "$1/etc/fstab" >"$1/etc/fstab.new"
    chmod 644 "$1/etc/fstab.new"
    mv "$1/etc/fstab.new" "$1/etc/fstab"
}

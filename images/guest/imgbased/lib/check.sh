# shellcheck shell=sh
# `imgbase check`: says how the host is. Like upstream's it succeeds even when what it says is bad.

check_line() { # INDENT TITLE RESULT
    printf '%s%s ... %s\n' "$1" "$2" "$3"
}
check_group() { # TITLE, then pairs of title and command
    group=$1
    shift
    result=OK
    lines=
    while [ $# -gt 0 ]; do
        if "$2"; then one=OK; else one=BAD result=BAD; fi
        lines="$lines$(check_line '  ' "$1" "$one")
"
        shift 2
    done
    check_line '' "$group" "$result"
    printf '%s' "$lines"
}

check_entries_of_layers() { for layer in $(lv_tagged layer); do layer_in_menu "$layer" || return 1; done; }
check_entries_lead_somewhere() {
    for id in $(menu_ids); do
        for key in linux initrd; do
            file=$(entry_value "$id" $key)
            { [ -n "$file" ] && [ -s "$BOOT$file" ]; } || return 1
        done
    done
    menu_ids | grep -qxF -- "$(menu_default)"
}
check_var() { mountpoint -q /var; }
check_boot() { mountpoint -q "$BOOT"; }
check_vg() { [ "$(lvm vgs --noheadings -o vg_tags "$VG" 2>/dev/null | grep -c 'imgbased:vg')" = 1 ]; }
check_pool() { lv_has_tag "$POOL" pool; }
check_layers() { [ -n "$(lv_tagged base)" ] && lv_has_tag "$ROOT_LV" layer; }
check_space() { [ -z "$(space_in_pool 1 1 "$(lv_field "$POOL" 7)" "$(lv_field "$POOL" 8)" 0)" ]; }
check_incomplete() { [ -z "$(lv_tagged incomplete)" ]; }

check_all() {
    checked=$(
        check_group 'Bootloader' 'Layer boot entries' check_entries_of_layers 'Valid boot entries' check_entries_lead_somewhere
        check_group 'Mount points' 'Separate /var' check_var 'Separate /boot' check_boot
        check_group 'Basic storage' 'Initialized VG' check_vg 'Initialized Thin Pool' check_pool 'Initialized LVs' check_layers
        check_group 'Thin storage' 'Checking available space in thinpool' check_space 'No remains of updates' check_incomplete
    )
    case $checked in *' ... BAD'*) printf 'Status: BAD\n' ;; *) printf 'Status: OK\n' ;; esac
    printf '%s\n' "$checked"
}

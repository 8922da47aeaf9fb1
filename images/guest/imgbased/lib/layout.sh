# shellcheck shell=sh
# The layout of a host: how it begins, and what it looks like.

layout_undo() {
    code=$?
    trap '' HUP INT TERM PIPE
    trap - EXIT
    umount "$RUN/layer" 2>/dev/null || :
    case $code in
        0 | 3) ;;
        *) lvm_load; clean_remains; say 'the layout has been undone' ;;
    esac
    exit "$code"
}

# Makes the first base and the first layer of the volume that was installed on and is mounted on /.
layout_init() {
    mountpoint -q "$BOOT" || refuse "$BOOT is not a file system of its own"
    lv_has_tag "$ROOT_LV" layer && refuse "/ is a layer already: $ROOT_LV"
    base=$(nvr_of_tree /)
    layer=$base+1
    kernel=$(kernel_of_tree /)
    clean_remains
    lv_exists "$base" && refuse "$VG has a volume $base already"
    mkdir -p "$RUN/layer"
    lvm_change vgchange --addtag imgbased:vg "$VG"
    lvm_change lvchange --addtag imgbased:pool "$VG/$POOL"
    lvm_change lvchange --addtag imgbased:init "$VG/$ROOT_LV"
    for lv in $(printf '%s\n' "$LVS" | awk -F'|' -v pool="$POOL" -v root="$ROOT_LV" '$6 == pool && $1 != root && $2 !~ /imgbased:/ { print $1 }'); do
        lvm_change lvchange --addtag imgbased:volume "$VG/$lv"
    done
    sync -f /
    lv_snapshot "$base" "$ROOT_LV" base r
    lv_snapshot "$layer" "$base" layer rw
    mount "/dev/$VG/$layer" "$RUN/layer"
    carry_fstab "$RUN/layer" "$layer"
    sync -f "$RUN/layer"
    umount "$RUN/layer"
    boot_copy_kernel "$layer" / "$kernel"
    lvm_load
    boot_write_entry "$layer" "$base" "$kernel"
    menu_write "$layer-$kernel"
    lvm_change lvchange --deltag imgbased:incomplete "$VG/$base" "$VG/$layer"
    say "$layer is what boots next"
}

layout_tree() {
    for base in $(lv_tagged base); do
        printf '%s\n' "$base"
        for layer in $(lv_tagged layer); do
            [ "$(base_of_layer "$layer")" != "$base" ] || printf ' +- %s\n' "$layer"
        done
    done
}

current_layer() {
    lv_has_tag "$ROOT_LV" layer || die "/ ($ROOT_LV) is not a layer"
    printf '%s\n' "$ROOT_LV"
}

# Makes layer $1, or else the one before the running layer, the default.
layout_rollback() {
    if [ -n "$1" ]; then
        lv_has_tag "$1" layer || refuse "there is no layer $1"
        target=$1
    else
        current=$(current_layer)
        target=$(lv_tagged layer | awk -v current="$current" '$0 == current { print before } { before = $0 }')
        [ -n "$target" ] || refuse "$current is the oldest layer, there is none before it (--to LAYER selects any other)"
    fi
    entry=$(menu_ids | grep -F -- "$target-" | head -n 1) || :
    { [ -n "$entry" ] && layer_in_menu "$target"; } || refuse "$target has no boot entry"
    for file in "$(entry_value "$entry" linux)" "$(entry_value "$entry" initrd)"; do
        { [ -n "$file" ] && [ -s "$BOOT$file" ]; } || refuse "the kernel of $target is not in $BOOT"
    done
    menu_set_default "$entry"
    say "$target is what boots next"
}

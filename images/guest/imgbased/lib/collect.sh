# shellcheck shell=sh
# Taking layers away: remains of interrupted updates, and layers that are no longer to be kept.

# The menu entry goes first and the volumes last, so that an entry always leads to something. The tag makes what is left
# after a cut recognisable: in transition and not in the menu is what clean_remains removes.
remove_layer() { # LAYER
    base=$(base_of_layer "$1")
    lvm_change lvchange --addtag imgbased:incomplete "$VG/$1"
    lvm_change lvchange --addtag imgbased:incomplete "$VG/$base"
    menu_write "$(menu_default)" "$1"
    boot_remove_layer "$1"
    lv_remove "$1"
    lv_remove "$base"
    say "removed $1 and its base"
}

# What an update or a collection left when it was cut: not in the menu means that it never happened (or that the removal
# did), in the menu means that it is whole.
clean_remains() {
    remains=$(lv_tagged incomplete)
    for lv in $remains; do
        layer=$lv
        if lv_has_tag "$lv" base; then layer=$lv+1; fi
        if layer_in_menu "$layer" && lv_exists "$layer"; then
            lvm_change lvchange --deltag imgbased:incomplete "$VG/$lv"
        else
            say "removing $lv, which an interrupted run has left"
            boot_remove_layer "$layer"
            lv_remove "$lv"
        fi
    done
    for entry in "$ENTRIES"/*.conf.new "$MENU.new"; do rm -f "$entry"; done
    [ -z "$remains" ] || lvm_load
    for directory in "$BOOT"/*+[0-9]*; do
        [ ! -d "$directory" ] || lv_exists "${directory##*/}" || boot_remove_layer "${directory##*/}"
    done
}

# The newest IMAGES_TO_KEEP stay, and with them whatever runs or is to run next.
collect_old() {
    for lv in $(lv_tagged init); do
        [ "$lv" = "$ROOT_LV" ] || lv_remove "$lv"
    done
    default=$(default_layer)
    lv_tagged layer | sort -rV | tail -n +$((IMAGES_TO_KEEP + 1)) | while read -r layer; do
        case $layer in "$ROOT_LV" | "$default") continue ;; esac
        remove_layer "$layer"
    done
}

# shellcheck shell=sh
# Boot entries (Boot Loader Specification), the menu that is generated from them, and the switch of the default.

menu_default() { sed -n 's/^set default="\(.*\)"$/\1/p' "$MENU" 2>/dev/null | head -n 1; }
menu_ids() { sed -n "s/^menuentry .* --id '\(.*\)' {\$/\1/p" "$MENU" 2>/dev/null; }
# An entry belongs to the layer that its file is named after. Kernel versions start with a digit, layers end with +N.
entry_layer() { case $1 in *+[0-9]*-[0-9]*) printf '%s\n' "${1%%+*}+$(printf '%s\n' "${1#*+}" | sed 's/-.*//')" ;; esac; }
layer_in_menu() { menu_ids | grep -q "^$(printf '%s' "$1" | sed 's/[.]/\\./g')-[0-9]"; }
entry_of_layer() {
    for entry in "$ENTRIES/$1"-[0-9]*.conf; do
        [ -e "$entry" ] || return 1
        entry=${entry##*/}
        printf '%s\n' "${entry%.conf}"
        return
    done
}
entry_value() { sed -n "s/^$2[[:space:]]\{1,\}//p" "$ENTRIES/$1.conf" 2>/dev/null; }
default_layer() { entry_layer "$(menu_default)"; }

# GRUB does not replay the journal: freezing makes the kernel put everything in its place. A process of its own thaws,
# so that a signal to the engine (Ctrl-C reaches the whole group) cannot leave /boot frozen.
boot_settle() {
    # shellcheck disable=SC2016  # $1 is the child's
    setsid --wait sh -c 'trap "" HUP INT TERM; fsfreeze --freeze "$1"; frozen=$?; fsfreeze --unfreeze "$1"; exit $frozen' \
        sh "$BOOT" || die "cannot freeze $BOOT"
}

# Kernel arguments for layer $1: those of the running layer's entry, in their order, with the three that name the layer
# replaced. A first layer has none to inherit; the installer leaves the administrator's in /etc/default/grub.
options_for_layer() {
    if running=$(entry_of_layer "$ROOT_LV"); then
        old=$(entry_value "$running" options)
    elif lv_has_tag "$ROOT_LV" layer; then
        old=$(sed 's/BOOT_IMAGE=[^ ]* *//; s/initrd=[^ ]* *//' /proc/cmdline)
    else
        old="rw $(sed -n 's/^GRUB_CMDLINE_LINUX="\(.*\)"$/\1/p' /etc/default/grub 2>/dev/null)"
    fi
    printf '%s\n' "$old" | awk -v vg="$VG" -v lv="$1" -v from="$ROOT_LV" '
        function put(what, word) { if (!(what in done)) out = out " " word; done[what] = 1 }
        {
            root = "root=/dev/" vg "/" lv; rd = "rd.lvm.lv=" vg "/" lv; id = "img.bootid=" lv
            for (i = 1; i <= NF; i++)
                if ($i ~ /^root=/) put("root", root)
                else if ($i == "rd.lvm.lv=" vg "/" from) put("rd", rd)
                else if ($i ~ /^img\.bootid=/) put("id", id)
                else out = out " " $i
        }
        END {
            first = ("root" in done ? "" : " " root) ("rd" in done ? "" : " " rd) ("id" in done ? "" : " " id)
            print substr(first out, 2)
        }'
}

# Kernel and initramfs of the tree $2 become those of layer $1; nothing refers to them yet.
boot_copy_kernel() { # LAYER TREE KVER
    mkdir -p "$BOOT/$1" "$ENTRIES"
    cp "$2/usr/lib/modules/$3/vmlinuz" "$BOOT/$1/vmlinuz-$3"
    cp "$2/usr/lib/modules/$3/initramfs.img" "$BOOT/$1/initramfs-$3.img"
    sync "$BOOT/$1/vmlinuz-$3" "$BOOT/$1/initramfs-$3.img" "$BOOT/$1" "$BOOT"
}

boot_write_entry() { # LAYER NVR KVER
    cat >"$ENTRIES/$1-$3.conf.new" <<END
title $2 ($3)
version $3
linux /$1/vmlinuz-$3
initrd /$1/initramfs-$3.img
options $(options_for_layer "$1")
END
    sync "$ENTRIES/$1-$3.conf.new"
    mv "$ENTRIES/$1-$3.conf.new" "$ENTRIES/$1-$3.conf"
    sync "$ENTRIES"
}

boot_remove_layer() {
    rm -f "$ENTRIES/$1"-[0-9]*.conf "$ENTRIES/$1"-[0-9]*.conf.new
    rm -rf "${BOOT:?}/${1:?}"
    sync -f "$BOOT"
}

# Puts $MENU.new in the place of the menu. Before the rename everything that the new menu leads to, and the new file's own
# inode, lie where GRUB finds them; the old file keeps a name, so that its blocks are not used again under GRUB's eyes.
menu_switch() {
    sync "$MENU.new"
    [ ! -e "$MENU" ] || ln -f "$MENU" "$MENU.old"
    boot_settle
    mv "$MENU.new" "$MENU"
    menu_settle
}

# Fails when the disk has not taken the menu: a file system that a failed write has stopped freezes well, but does not sync.
menu_settle() { sync "$MENU" "${MENU%/*}" && boot_settle; }

# What is to be the default is on trial unless it runs. Before the switch, or a cut between the two would leave its first
# start uncounted.
menu_count() { # DEFAULT_ID
    counter=/usr/libexec/reference-node/boot-count
    [ ! -x "$counter" ] || "$counter" default "$(entry_layer "$1")" || die 'the starts of a new layer cannot be counted'
}

# The menu of all entries but those of layer $2: layers first, newest first, then what others have put there.
menu_write() { # DEFAULT_ID [LAYER_LEFT_OUT]
    timeout=$(sed -n 's/^set timeout=//p' "$MENU" 2>/dev/null | head -n 1)
    [ -n "$timeout" ] || timeout=$(sed -n 's/^GRUB_TIMEOUT=\([0-9]*\)$/\1/p' /etc/default/grub 2>/dev/null)
    mkdir -p "${MENU%/*}"
    set -- "$1" "${2-}" "$(printf '%s\n' "$ENTRIES"/*.conf | sed 's|.*/||; s|\.conf$||' | sort -rV)"
    files=
    foreign=
    for id in $3; do
        layer=$(entry_layer "$id")
        if [ -z "$layer" ] || ! lv_exists "$layer"; then
            foreign="$foreign $ENTRIES/$id.conf"
        elif [ "$layer" != "$2" ]; then
            files="$files $ENTRIES/$id.conf"
        fi
    done
    # shellcheck disable=SC2086  # a list of file names without blanks
    awk -v default_id="$1" -v timeout="${timeout:-5}" -v maker=imgbase -f "$LIB/../../libexec/reference-node/menu.awk" \
        $files $foreign >"$MENU.new"
    # GRUB would show its prompt instead of a menu
    grub-script-check "$MENU.new" >&2 || die 'GRUB cannot parse the new boot menu'
    menu_count "$1"
    menu_switch
}

menu_set_default() { menu_write "$1"; } # ID

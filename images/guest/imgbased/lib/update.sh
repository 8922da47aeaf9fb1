# shellcheck shell=sh
# The update proper, run by the engine of the *new* image on the old host: update.sh FILE TREE (FILE mounted on TREE).
# Locks, mounts of its own and the check of FILE are the caller's.
#
# One rename, that of the boot menu, makes the new layer the default. Before it the host is the old one, whatever happens;
# all that is made carries the tag imgbased:incomplete until after it.
LIB=${0%/*}
for part in common lvm boot carry packages space collect; do
    # shellcheck source=/dev/null
    . "$LIB/$part.sh"
done

# In capitals: functions share one set of variables, and these must live to the end.
FILE=$1
IMAGE=$2
NEW_BASE=
NEW_LAYER=

# shellcheck disable=SC2317  # two functions in it take the place of others
undo() {
    code=$?
    trap '' HUP INT TERM PIPE
    trap - EXIT
    set +e
    # nothing is refused any more, and how the update ended is known
    refuse() { die "$*"; }
    die() { say "error: $*"; exit "$code"; }
    [ -z "${worker-}" ] || kill "$worker" 2>/dev/null
    wait
    cd /
    umount "$RUN/layer/dev" "$RUN/layer/proc" "$RUN/layer/var" "$RUN/base" "$RUN/layer" "$RUN/old" 2>/dev/null
    if [ -z "$NEW_BASE" ]; then
        exit "$code"
    elif layer_in_menu "$NEW_LAYER"; then
        (menu_settle) || die "whether $NEW_LAYER or $ROOT_LV boots next is not certain: the disk did not take the menu; both are whole"
        say "$NEW_LAYER is what boots next, but cleaning up was not finished (exit $code); the next update does it"
        exit 0
    fi
    rm -f "$MENU.new"
    boot_remove_layer "$NEW_LAYER"
    lvm_load
    for lv in "$NEW_LAYER" "$NEW_BASE"; do
        # of two, one that cannot be removed does not keep the other
        ! lv_exists "$lv" || (lv_remove "$lv")
    done
    say "the update failed (exit $code) and has been undone"
    exit "$code"
}
trap undo EXIT

# Signals must not wait for minutes until a child is done.
run() {
    "$@" &
    worker=$!
    wait "$worker" || { code=$?; worker=; die "extracting the image failed (exit $code)"; }
    worker=
}

make_base() {
    size=$(lv_field "$ROOT_LV" 5)
    lvm_change lvcreate --virtualsize "${size}b" --thinpool "$POOL" --wipesignatures n --name "$NEW_BASE" \
        --addtag imgbased:base --addtag imgbased:incomplete "$VG"
    # Fresh thin volumes read as zeros: neither discard nor initialise anything.
    mkfs.ext4 -q -E nodiscard,lazy_journal_init=1,assume_storage_prezeroed=1 "/dev/$VG/$NEW_BASE"
    mount -o noatime "/dev/$VG/$NEW_BASE" "$RUN/base"
    run setpriv --pdeathsig KILL unsquashfs -quiet -no-progress -processors 1 -force -dest "$RUN/base" "$FILE" >/dev/null
    [ "$(nvr_of_tree "$RUN/base")" = "$NEW_BASE" ] || die 'the image was not extracted as a whole'
    sync -f "$RUN/base"
    umount "$RUN/base"
    lvm_change lvchange --permission r "$VG/$NEW_BASE"
}

# What the running layer was made from: the copy of /etc and /root that its image brought along, or its base's /etc.
mount_pristine() {
    old=$(base_of_layer "$ROOT_LV")
    [ -n "$old" ] || die "nobody knows what $ROOT_LV was made from"
    lv_activate "$old"
    mount -o ro,noload "/dev/$VG/$old" "$RUN/old"
    if [ -d "$RUN/old/usr/share/factory/etc" ]; then
        old_etc=$RUN/old/usr/share/factory/etc
        old_root=$RUN/old/usr/share/factory/root
    else
        old_etc=$RUN/old/etc
        old_root=/nonexistent
    fi
}

make_layer() {
    lv_snapshot "$NEW_LAYER" "$NEW_BASE" layer rw
    mount -o noatime "/dev/$VG/$NEW_LAYER" "$RUN/layer"
    mount_pristine
    # accounts before packages, which make their own, and the rest after them, which brings files that were modified
    carry_accounts "$old_etc" /etc "$RUN/layer/etc"
    packages_again "$RUN/old" / "$RUN/layer"
    packages_mark "$RUN/layer"
    carry_tree etc "$old_etc" /etc "$RUN/layer/etc"
    carry_tree root "$old_root" /root "$RUN/layer/root"
    carry_fstab "$RUN/layer" "$NEW_LAYER"
    sync -f "$RUN/layer"
    umount "$RUN/old" "$RUN/layer"
}

mkdir -p "$RUN/base" "$RUN/layer" "$RUN/old"
mountpoint -q "$BOOT" || refuse "$BOOT is not a file system of its own"
lvm_load
lv_has_tag "$ROOT_LV" layer || refuse "/ ($ROOT_LV) is not a layer; imgbase layout --init makes one"
nvr=$(nvr_of_tree "$IMAGE")
KERNEL=$(kernel_of_tree "$IMAGE")
carry_check ''
# The menu says what an earlier update has left: that of the disk, which may not have taken it then.
[ ! -e "$MENU" ] || menu_settle || refuse "the disk does not take $MENU"
clean_remains
if lv_exists "$nvr" || lv_exists "$nvr+1"; then
    [ "$(default_layer)" = "$nvr+1" ] || refuse "$nvr is installed already; imgbase rollback --to $nvr+1 selects it"
    collect_old
    say "$nvr is installed already and is what boots next"
    trap - EXIT
    exit 0
fi
space_check "$IMAGE" "$KERNEL"

NEW_BASE=$nvr
NEW_LAYER=$nvr+1
say "extracting $nvr"
make_base
say "making $NEW_LAYER from it and carrying over /etc"
make_layer
say "installing kernel $KERNEL"
lvm_load
boot_copy_kernel "$NEW_LAYER" "$IMAGE" "$KERNEL"
boot_write_entry "$NEW_LAYER" "$nvr" "$KERNEL"
menu_write "$NEW_LAYER-$KERNEL"

say "$NEW_LAYER is what boots next"
lvm_change lvchange --deltag imgbased:incomplete "$VG/$NEW_BASE" "$VG/$NEW_LAYER"
collect_old
trap - EXIT

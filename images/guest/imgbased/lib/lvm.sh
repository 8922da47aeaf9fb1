# shellcheck shell=sh
# What the volume group holds, read once, and the few ways in which the engine changes it.

# The disks that it lies on, once something has been changed.
PVS=

# Sets VG, POOL and ROOT_LV from the volume that is mounted on /, never from tags: a second disk may carry the same ones.
# LVS: name|tags|origin|attr|sizeBytes|pool|dataPercent|metadataPercent, one line a volume of that group.
lvm_load() {
    root_device=$(findmnt -nro SOURCE /) || die '/ is not mounted'
    LVS=$(lvm lvs --noheadings --separator '|' --units b --nosuffix \
        -o vg_name,lv_dm_path,lv_name,lv_tags,origin,lv_attr,lv_size,pool_lv,data_percent,metadata_percent 2>/dev/null |
        awk -v root="$root_device" '
            { sub(/^ +/, ""); split($0, f, "|"); line[NR] = $0; vg[NR] = f[1]; if (f[2] == root) { own = f[1]; print f[1] "|" f[3] } }
            END { for (i = 1; i <= NR; i++) if (vg[i] == own) { sub(/^[^|]*[|][^|]*[|]/, "", line[i]); print line[i] } }')
    [ -n "$LVS" ] || refuse "/ is not on a logical volume ($root_device)"
    VG=${LVS%%|*}
    ROOT_LV=${LVS#*|}
    ROOT_LV=${ROOT_LV%%"
"*}
    LVS=${LVS#*"
"}
    POOL=$(lv_field "$ROOT_LV" 6)
    [ -n "$POOL" ] || refuse "/ is on $VG/$ROOT_LV, which is not a thin volume"
}

lv_field() { printf '%s\n' "$LVS" | awk -F'|' -v lv="$1" -v n="$2" '$1 == lv { print $n }'; }
lv_exists() { [ -n "$(lv_field "$1" 1)" ]; }

# Names of the volumes with tag imgbased:$1, oldest version first.
lv_tagged() {
    printf '%s\n' "$LVS" |
        awk -F'|' -v tag=",imgbased:$1," 'index("," $2 ",", tag) { print $1 }' | sort -V
}
lv_has_tag() { case ",$(lv_field "$1" 2)," in *",imgbased:$2,"*) ;; *) return 1 ;; esac }

# No copies of the metadata under /etc (they would look like the administrator's changes) and no dmeventd started from
# here (in an installer's chroot it would never let go of the disk).
lvm_change() {
    # once: the engine adds none
    : "${PVS:=$(lvm vgs --noheadings -o pv_name "$VG" 2>/dev/null)}"
    [ -n "$PVS" ] || die "nobody knows what $VG lies on"
    command=$1
    shift
    failed=
    told=$(lvm "$command" --yes --config 'backup{backup=0 archive=0} activation{monitoring=0}' "$@" 2>&1) || failed=1
    # Also one that failed may have written its metadata, and none flushes: whatever comes next, a power cut must not take
    # half of them. A flush of / would not get there when the pool has failed.
    # shellcheck disable=SC2086  # device names
    sync $PVS || [ -n "$failed" ] || die "what lvm $command wrote cannot be flushed"
    # It warns about what is meant (no backup, more virtual than real space); only a failure is worth telling.
    [ -z "$failed" ] ||
        die "lvm $command $*: $(printf '%s\n' "$told" | awk '!/^ *WARNING/ || NR == 1 { said = $0 } END { print said }')"
}

lv_activate() { lvm_change lvchange --activate y --ignoreactivationskip "$VG/$1"; }

# The tag `incomplete` says "in transition"; whether the transition has happened is decided by the boot menu alone.
lv_snapshot() { # NAME ORIGIN KIND PERMISSION
    lvm_change lvcreate --snapshot --setactivationskip n --permission "$4" --name "$1" \
        --addtag "imgbased:$3" --addtag imgbased:incomplete "$VG/$2"
}

lv_remove() {
    udevadm settle --timeout=10 || :
    lvm_change lvremove --force "$VG/$1"
}

# Thin bases are the origin of their layers.
base_of_layer() { lv_field "$1" 3; }

# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# From the plan and the size of the disk to exact sizes. Pure arithmetic, in MiB throughout.
#
# The result, LAYOUT, has the form of a plan:
#   part number= mount=|pv= size= fstype= type=…    vg name=    pool name= size= metadata=
#   lv name= mount= size= fstype= [thin=POOL] …

# What a disk must have for autopart; enough for three versions of the image.
AUTOPART_MIN=7900
ESP_SIZE=256
BOOT_SIZE=768

# layout_needs: the smallest disk the plan fits on, in $NEED.
layout_needs() {
    if lookup autopart; then
        NEED=$AUTOPART_MIN
        return
    fi
    DISK_MIB=0 PV_MIB=0
    sum_partitions
    NEED=$TOTAL
    # The volumes may ask for more than the (growing) physical volume does itself.
    sum_volumes
    volumes=$((TOTAL + 4))
    [ "$volumes" -le "$PV_FIXED" ] || [ "$GROWING_PVS" -eq 0 ] || NEED=$((NEED + volumes - PV_FIXED))
}

# compute_layout DISK_MIB: fails with an error in $PROBLEMS if something does not fit.
compute_layout() {
    LAYOUT='' DISK_MIB=$1
    base_plan=$PLAN
    ! lookup autopart || expand_autopart
    lay_out_partitions
    [ -n "$PROBLEMS" ] || lay_out_volumes
    PLAN=$base_plan
    [ -z "$PROBLEMS" ]
}

# autopart is a kickstart of its own: the same records, with sizes that follow the disk.
expand_autopart() {
    get fstype || VALUE=ext4
    fs="fstype=$VALUE"
    get nohome && home='' || home=yes
    get line || :
    head="line=$VALUE"
    pool=$(((DISK_MIB - ESP_SIZE - BOOT_SIZE) * 94 / 100))
    volume="logvol$TAB$head${TAB}vgname=onn${TAB}thin=yes${TAB}poolname=pool00$TAB$fs$TAB"
    PLAN="${PLAN}reqpart$TAB$head${TAB}add-boot=yes${NL}part$TAB$head${TAB}1=pv.01${TAB}size=6144${TAB}grow=yes
volgroup$TAB$head${TAB}1=onn${TAB}2=pv.01${TAB}reserved-percent=4
logvol$TAB$head${TAB}1=none${TAB}vgname=onn${TAB}name=pool00${TAB}thinpool=yes${TAB}size=4096${TAB}grow=yes
${volume}1=/${TAB}name=root${TAB}size=$(between 3072 $((pool * 40 / 100)) 16384)
${volume}1=/var${TAB}name=var${TAB}size=$(between 2048 $((pool * 30 / 100)) 65536)
${volume}1=/var/log${TAB}name=var_log${TAB}size=$(between 1024 $((pool * 12 / 100)) 8192)$NL"
    [ -z "$home" ] ||
        PLAN="$PLAN${volume}1=/home${TAB}name=home${TAB}size=$(between 1024 $((pool * 10 / 100)) 16384)$NL"
}

between() {
    if [ "$2" -lt "$1" ]; then echo "$1"; elif [ "$2" -gt "$3" ]; then echo "$3"; else echo "$2"; fi
}

# Partitions: a MiB before the first and one behind the last belong to the partition table.
sum_partitions() {
    TOTAL=2 GROWING=0 GROWING_PVS=0 PV_FIXED=0
    ! lookup reqpart || { TOTAL=$((TOTAL + ESP_SIZE)) && { ! get add-boot || TOTAL=$((TOTAL + BOOT_SIZE)); }; }
    for_each part sum_partition
}

sum_partition() {
    size_of "$DISK_MIB"
    TOTAL=$((TOTAL + SIZE))
    ! get grow || GROWING=$((GROWING + 1))
    get 1 || :
    case $VALUE in
        pv.*)
            PV_FIXED=$((PV_FIXED + SIZE))
            ! get grow || GROWING_PVS=$((GROWING_PVS + 1))
            ;;
    esac
}

# The size of a record in $SIZE; a recommended swap is a tenth of what there is, at most 2 GiB.
size_of() {
    get size && SIZE=$VALUE && return
    SIZE=$(between 64 $((${1:-0} / 10)) 2048)
}

lay_out_partitions() {
    sum_partitions
    NUMBER=0 SHARE=0 PV_MIB=0
    free=$((DISK_MIB - TOTAL))
    [ "$free" -ge 0 ] || missing "the partitions need $TOTAL MiB, and the disk has $DISK_MIB MiB"
    [ "$GROWING" -eq 0 ] || SHARE=$((free / GROWING))
    if lookup reqpart; then
        add_partition "mount=/boot/efi${TAB}size=$ESP_SIZE${TAB}fstype=vfat${TAB}type=ef00"
        lookup reqpart
        ! get add-boot || add_partition "mount=/boot${TAB}size=$BOOT_SIZE${TAB}fstype=ext4${TAB}type=8300"
    fi
    for_each part lay_out_partition
}

lay_out_partition() {
    size_of "$DISK_MIB"
    ! get grow || SIZE=$((SIZE + SHARE))
    mount=$(value 1)
    case $mount in
        pv.*)
            PV_MIB=$((PV_MIB + (SIZE - 1) / 4 * 4))
            add_partition "pv=$mount${TAB}size=$SIZE${TAB}type=8e00"
            ;;
        swap) add_partition "mount=swap${TAB}size=$SIZE${TAB}fstype=swap${TAB}type=8200" ;;
        /boot/efi) add_partition "mount=$mount${TAB}size=$SIZE${TAB}fstype=vfat${TAB}type=ef00" ;;
        *) add_partition "mount=$mount${TAB}size=$SIZE${TAB}fstype=$(value fstype ext4)${TAB}type=8300" ;;
    esac
}

add_partition() {
    NUMBER=$((NUMBER + 1))
    extras=''
    if [ "$COMMAND" = part ]; then
        for extra in label fsoptions; do ! get "$extra" || extras="$extras$TAB$extra=$VALUE"; done
    fi
    LAYOUT="${LAYOUT}part${TAB}number=$NUMBER$TAB$1$extras$NL"
}

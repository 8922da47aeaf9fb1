# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# The volume group's half of the layout: pool, metadata, reserve, volumes. In MiB; extents have 4.

round_up() { echo $((($1 + 3) / 4 * 4)); }

# What the volume group must hold, in $TOTAL: pool, plain volumes, pool metadata twice (LVM keeps a
# spare of it for repairs), and the reserve.
sum_volumes() {
    TOTAL=0 GROWING=0 THIN_TOTAL=0 GROWING_THIN=0
    for_each logvol sum_volume
    metadata_for $((TOTAL > PV_MIB ? TOTAL : PV_MIB))
    TOTAL=$((TOTAL + 2 * METADATA))
    RESERVE=0
    lookup volgroup || return 0
    if get reserved-space; then
        RESERVE=$VALUE
    elif get reserved-percent; then
        RESERVE=$((PV_MIB * VALUE / 100))
    elif [ "$GROWING" -gt 0 ]; then
        # Left alone, a growing volume would leave no room to extend the pool's metadata.
        RESERVE=$((PV_MIB / 50))
    fi
    TOTAL=$((TOTAL + RESERVE))
}

sum_volume() {
    size_of "$PV_MIB"
    if get thin; then
        THIN_TOTAL=$((THIN_TOTAL + SIZE))
        ! get grow || GROWING_THIN=$((GROWING_THIN + 1))
        return 0
    fi
    TOTAL=$((TOTAL + $(round_up "$SIZE")))
    ! get grow || GROWING=$((GROWING + 1))
}

# A mapping of a 64 KiB chunk takes up to 64 bytes of metadata, in every volume that does not share it.
metadata_for() {
    METADATA=$(between 32 "$(round_up $(($1 / 500)))" 4096)
}

lay_out_volumes() {
    lookup volgroup || return 0
    sum_volumes
    free=$(((PV_MIB - TOTAL) / 4 * 4))
    [ "$free" -ge 0 ] ||
        missing "the volume group needs $TOTAL MiB (pool metadata and reserve included), and would have $PV_MIB MiB"
    GROWTH=0 POOL_MIB=0 THIN_GROWTH=0
    [ "$GROWING" -eq 0 ] || GROWTH=$((free / GROWING / 4 * 4))
    lookup volgroup || return 0
    LAYOUT="${LAYOUT}vg${TAB}name=$(value 1)$NL"
    for_each logvol lay_out_pool
    [ "$GROWING_THIN" -eq 0 ] || [ "$POOL_MIB" -le "$THIN_TOTAL" ] ||
        THIN_GROWTH=$(((POOL_MIB - THIN_TOTAL) / GROWING_THIN / 4 * 4))
    for_each logvol lay_out_volume
}

lay_out_pool() {
    get thinpool || return 0
    get size || :
    POOL_MIB=$(round_up "$VALUE")
    ! get grow || POOL_MIB=$((POOL_MIB + GROWTH))
    LAYOUT="${LAYOUT}pool${TAB}name=$(value name)${TAB}size=$POOL_MIB${TAB}metadata=$METADATA$NL"
}

lay_out_volume() {
    ! get thinpool || return 0
    size_of "$PV_MIB"
    SIZE=$(round_up "$SIZE")
    thin=''
    if get thin; then
        thin="${TAB}thin=$(value poolname)"
        [ "$SIZE" -le "$POOL_MIB" ] ||
            problem "logvol: $(value 1) asks for $SIZE MiB, and its thin pool has $POOL_MIB MiB"
        ! get grow || SIZE=$((SIZE + THIN_GROWTH))
    elif get grow; then
        SIZE=$((SIZE + GROWTH))
    fi
    mount=$(value 1)
    case $mount in swap) fs=swap ;; *) fs=$(value fstype ext4) ;; esac
    extras=''
    for extra in label fsoptions; do ! get "$extra" || extras="$extras$TAB$extra=$VALUE"; done
    LAYOUT="${LAYOUT}lv${TAB}name=$(value name)${TAB}mount=$mount${TAB}size=$SIZE${TAB}fstype=$fs$thin$extras$NL"
}

# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# What must hold between the commands of a kickstart.

# An error that belongs to no line.
missing() { PROBLEMS="${PROBLEMS}installer: ERROR: $1 ($SOURCE)$NL"; }

check_plan() {
    seen liveimg || seen ostreesetup || missing 'liveimg or ostreesetup is missing: there is nothing to install'
    if seen ostreesetup; then
        check_plain
    elif seen autopart; then
        for other in part volgroup logvol reqpart; do
            ! seen "$other" || missing "autopart and $other exclude each other"
        done
    elif ! seen part && ! seen volgroup && ! seen logvol; then
        missing 'no partitioning is asked for: autopart --type=thinp, or part, volgroup and logvol'
    else
        check_partitions
        check_volumes
    fi
    check_disk_names
    [ -n "$FINISH" ] || NOTES="${NOTES}installer: neither reboot nor poweroff is given: Enter will be waited for$NL"
    seen sshkey || { lookup rootpw && ! get lock; } ||
        NOTES="${NOTES}installer: root gets neither a password nor a key: nobody will be able to log in$NL"
}

# An ostree host has no volumes: its versions are directories of one file system.
check_plain() {
    for other in liveimg autopart volgroup logvol; do
        ! seen "$other" || missing "ostreesetup and $other exclude each other"
    done
    check_partitions
    case $MOUNTS in *' / '*) ;; *) missing 'there is no partition for /: part /' ;; esac
    [ "$PVS" = ' ' ] || missing 'ostreesetup: physical volumes have no use'
}

check_partitions() {
    MOUNTS=' ' PVS=' ' BOOT='' ESP=''
    if lookup reqpart; then
        ESP=reqpart
        MOUNTS=' /boot/efi '
        ! get add-boot || { BOOT=reqpart && MOUNTS=' /boot/efi /boot '; }
    fi
    for_each part check_partition
    [ -n "$ESP" ] || missing 'there is no EFI system partition: reqpart, or part /boot/efi'
    [ -n "$BOOT" ] || missing 'there is no /boot: reqpart --add-boot, or part /boot'
}

check_partition() {
    get fstype || :
    fstype=$VALUE
    get 1 || :
    case $VALUE$TAB$fstype in
        pv.*"$TAB" | pv.*"$TAB"lvmpv | swap"$TAB" | swap"$TAB"swap) ;;
        /boot/efi"$TAB" | /boot/efi"$TAB"efi | /boot/efi"$TAB"vfat) ESP=part ;;
        /boot"$TAB" | /boot"$TAB"ext4 | /boot"$TAB"xfs) BOOT=part ;;
        /"$TAB"*) seen ostreesetup || problem 'part: / must be a thin volume (logvol / --thin --poolname=…)' ;;
        /boot"$TAB"* | /boot/efi"$TAB"* | swap* | pv.* | *"$TAB"lvmpv | *"$TAB"swap | *"$TAB"efi)
            problem "part: $VALUE cannot have the file system $fstype"
            ;;
    esac
    claim "$VALUE"
    case $VALUE in pv.*) PVS="$PVS$VALUE " ;; esac
}

# A mount point, a physical volume or a name is taken once.
claim() {
    case $1 in swap | none) return 0 ;; esac
    case $MOUNTS in *" $1 "*) problem "$COMMAND: $1 is given twice" ;; esac
    MOUNTS="$MOUNTS$1 "
}

check_volumes() {
    VG='' POOL='' HAS_ROOT='' NAMES=' ' USED=' '
    for_each volgroup check_group
    for pv in $PVS; do
        case $USED in *" $pv "*) ;; *) missing "$pv belongs to no volgroup" ;; esac
    done
    for_each logvol check_pool
    for_each logvol check_volume
    [ -n "$VG" ] || missing 'there is no volgroup'
    [ -n "$POOL" ] || missing 'there is no thin pool: logvol none --thinpool'
    [ -n "$HAS_ROOT" ] || missing 'there is no volume for /: logvol / --thin'
}

check_group() {
    get 1 || :
    [ -z "$VG" ] || problem "volgroup: one volume group is supported, and $VG is there already"
    VG=$VALUE
    for n in 2 3 4 5; do
        get "$n" || break
        case $PVS in *" $VALUE "*) ;; *) problem "volgroup: there is no part $VALUE" ;; esac
        case $USED in *" $VALUE "*) problem "volgroup: $VALUE is given twice" ;; esac
        USED="$USED$VALUE "
    done
}

check_pool() {
    get thinpool || return 0
    [ -z "$POOL" ] || problem "logvol: one thin pool is supported, and $POOL is there already"
    POOL=$(value name)
}

check_volume() {
    get vgname || :
    [ "$VALUE" = "$VG" ] || problem "logvol: there is no volgroup $VALUE"
    get name || :
    case $NAMES in *" $VALUE "*) problem "logvol: the name $VALUE is given twice" ;; esac
    NAMES="$NAMES$VALUE "
    ! get poolname || [ "$VALUE" = "$POOL" ] || problem "logvol: there is no thin pool $VALUE"
    get fstype || :
    fstype=$VALUE
    get 1 || :
    claim "$VALUE"
    [ "$VALUE" != / ] || HAS_ROOT=yes
    case $VALUE$TAB$fstype in
        *"$TAB" | none"$TAB"* | swap"$TAB"swap | /*"$TAB"ext4 | /*"$TAB"xfs) ;;
        *) problem "logvol: $VALUE cannot have the file system $fstype" ;;
    esac
}

# One disk takes everything; whatever names a disk must name the same.
check_disk_names() {
    DISK='' DRIVES=''
    ! lookup clearpart || ! get drives || DRIVES=$VALUE
    for_each part check_disk_name
    for_each bootloader check_disk_name
}

check_disk_name() {
    get ondisk || get ondrive || get boot-drive || return 0
    name=${VALUE#/dev/}
    [ -z "$DISK" ] || [ "$DISK" = "$name" ] ||
        problem "$COMMAND: everything is installed on one disk, and that is $DISK already, not $name"
    DISK=$name
    [ -n "$DRIVES" ] || return 0
    case ,$DRIVES, in
        *",$name,"* | *",/dev/$name,"*) ;;
        *) problem "$COMMAND: $name is not among the disks of clearpart --drives=$DRIVES" ;;
    esac
}

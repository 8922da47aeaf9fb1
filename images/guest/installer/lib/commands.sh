# shellcheck shell=sh
# The commands of a kickstart: the closed list, and what each takes. One function a command.

# command_line NAME WORD…
command_line() {
    COMMAND=$1
    shift
    case $COMMAND in
        clearpart | bootloader | autopart | reqpart | liveimg | ostreesetup | rootpw | timezone) once && "do_$COMMAND" "$@" ;;
        part | volgroup | logvol | sshkey | network) SEEN="$SEEN $COMMAND:$LINE " && "do_$COMMAND" "$@" ;;
        partition) command_line part "$@" ;;
        reboot | poweroff | shutdown) do_finish "$@" ;;
        lang | keyboard | text | selinux | authselect | firstboot)
            NOTES="${NOTES}installer: $COMMAND has no effect here ($SOURCE:$LINE)$NL"
            ;;
        *) problem "unknown command \"$COMMAND\"" ;;
    esac
}

do_clearpart() {
    read_words '--all --none --initlabel --drives:disks --disklabel:gpt' "$@"
    at_most_one all none
    put clearpart
}

do_bootloader() {
    read_words '--append:kernelargs --timeout:seconds --location:mbr --boot-drive:disk' "$@"
    put bootloader
}

do_autopart() {
    read_words '--type:thinp --fstype:thinfs --nohome --noswap' "$@"
    get type || problem 'autopart: --type=thinp is needed: the layout is built on thin volumes'
    put autopart
}

do_reqpart() {
    read_words '--add-boot' "$@"
    put reqpart
}

do_part() {
    read_words '+mount --size:size --grow --fstype:fstype --ondisk:disk --ondrive:disk --label:label
        --asprimary --fsoptions:fsoptions --recommended' "$@"
    need 1
    at_most_one ondisk ondrive
    get 1 || :
    case $VALUE in
        none) problem 'part: "none" is not a mount point' ;;
        swap) get size || get recommended || problem 'part: --size= is missing' ;;
        *)
            need size
            ! get recommended || problem 'part: --recommended is for swap only'
            ;;
    esac
    put part
}

do_volgroup() {
    read_words '+name +mount +mount +mount +mount --reserved-percent:percent --reserved-space:size' "$@"
    need 1
    at_most_one reserved-percent reserved-space
    get 2 || problem 'volgroup: the physical volumes (pv.NN) are missing'
    put volgroup
}

do_logvol() {
    read_words '+mount --vgname:name --name:name --size:size --grow --fstype:fstype --fsoptions:fsoptions
        --thinpool --thin --poolname:name --recommended --label:label' "$@"
    need 1 vgname name
    at_most_one thin thinpool
    get 1 || :
    case $VALUE in
        none) get thinpool || problem 'logvol: "none" is for a pool (--thinpool) only' ;;
        pv.*) problem "logvol: \"$VALUE\" is not a mount point" ;;
        /boot | /boot/efi) problem "logvol: the boot loader cannot read $VALUE on a logical volume" ;;
        swap) get size || get recommended || problem 'logvol: --size= is missing' ;;
        /) get thin || problem 'logvol: / must be a thin volume (--thin --poolname=…)' ;;
    esac
    if get recommended; then
        [ "$(value 1)" = swap ] || problem 'logvol: --recommended is for swap only'
    else
        need size
    fi
    if get thin && ! get poolname; then problem 'logvol: --thin needs --poolname='; fi
    if get poolname && ! get thin; then problem 'logvol: --poolname= needs --thin'; fi
    if get thinpool && [ "$(value 1)" != none ]; then problem 'logvol: a pool has the mount point "none"'; fi
    put logvol
}

do_liveimg() {
    read_words '--url:url --checksum:sha256' "$@"
    need url
    put liveimg
}

do_ostreesetup() {
    read_words '--osname:osname --remote:osname --url:url --ref:ref --nogpg' "$@"
    need osname remote url ref
    get nogpg || problem 'ostreesetup: --nogpg is needed: signatures are not verified here'
    put ostreesetup
}

do_rootpw() {
    case " $* " in
        *' --iscrypted '*) read_words '+hash --iscrypted --plaintext --lock' "$@" ;;
        *) read_words '+password --plaintext --lock' "$@" ;;
    esac
    at_most_one plaintext iscrypted
    get lock || get 1 || problem 'rootpw: the password is missing'
    put rootpw
}

do_sshkey() {
    read_words '+sshkey --username:user' "$@"
    need 1 username
    put sshkey
}

do_network() {
    read_words '--bootproto:bootproto --device:device --ip:address --netmask:address --gateway:address
        --nameserver:addresses --hostname:hostname --onboot:?yesno --activate:?yesno --noipv6' "$@"
    if [ "$(value bootproto dhcp)" = static ]; then
        need device ip netmask
    else
        for static in ip netmask gateway; do
            ! get "$static" || problem "network: --$static= needs --bootproto=static"
        done
    fi
    put network
}

do_timezone() {
    read_words '+timezone --utc --isUtc --nontp' "$@"
    need 1
    put timezone
}

# reboot, poweroff and shutdown are one setting; shutdown powers off.
do_finish() {
    [ -z "$FINISH" ] || problem "$COMMAND: the installation already ends with $FINISH"
    FINISH=$COMMAND
    case $COMMAND in reboot) read_words '--eject' "$@" ;; *) read_words '' "$@" ;; esac
    put "$COMMAND"
}

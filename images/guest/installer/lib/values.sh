# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# What a value of a kickstart may look like. Values are data: they are compared with patterns and
# handed on, never evaluated; a character with a meaning further on (shell, GRUB, fstab, LVM) is
# refused here, by name of the option.

# value_problem TYPE VALUE: says in $WHY why VALUE is not a TYPE; fails if it is fine.
value_problem() {
    WHY=
    case $1 in
        text) ;;
        size) whole_number "$2" 1 99999999 'a size in MiB' ;;
        seconds) whole_number "$2" 0 3600 'a number of seconds' ;;
        percent) whole_number "$2" 0 90 'a percentage (0 to 90)' ;;
        name) volume_name "$2" ;;
        mount) mount_point "$2" ;;
        path) absolute_path "$2" ;;
        fstype) one_of "$2" ext4 xfs vfat efi swap lvmpv ;;
        thinfs) one_of "$2" ext4 xfs ;;
        disk) disk_name "$2" ;;
        disks) list_of disk "$2" ;;
        label) only "$2" 'A-Za-z0-9._-' && shorter "$2" 16 ;;
        fsoptions) only "$2" 'A-Za-z0-9,._=-' ;;
        kernelargs) kernel_arguments "$2" ;;
        url) image_url "$2" ;;
        osname) only "$2" 'A-Za-z0-9._-' && shorter "$2" 64 ;;
        ref) only "$2" 'A-Za-z0-9._/-' && no_parent "/$2" ;;
        sha256) only "$2" '0-9a-fA-F' && { [ ${#2} -eq 64 ] || WHY='is not a SHA-256 of 64 digits'; } ;;
        address) dotted_quad "$2" ;;
        addresses) list_of address "$2" ;;
        hostname) host_name "$2" ;;
        device) only "$2" 'A-Za-z0-9._:-' && shorter "$2" 64 ;;
        yesno) one_of "$2" yes no on off true false 1 0 ;;
        timezone) only "$2" 'A-Za-z0-9_+/-' && no_parent "/$2" ;;
        user) user_name "$2" ;;
        password) case $2 in -*) WHY='starts with a dash' ;; esac ;;
        bootproto) one_of "$2" dhcp static ;;
        hash) only "$2" 'A-Za-z0-9./$,=_!*-' ;;
        sshkey) ssh_key "$2" ;;
        *) one_of "$2" "$1" ;;
    esac
    [ -n "$WHY" ]
}

# only VALUE CLASS: every character of VALUE belongs to the bracket CLASS.
only() {
    # shellcheck disable=SC2295 # the class is meant to be a pattern
    case $1 in
        '') WHY='is empty' && return 1 ;;
        *[!$2]*) ;;
        *) return 0 ;;
    esac
    # Name the first character that does not belong, so that a long value needs no searching.
    WHY=$1
    while case $WHY in [!$2]*) false ;; esac do WHY=${WHY#?}; done
    WHY="may not contain \"${WHY%"${WHY#?}"}\""
    return 1
}

one_of() {
    candidate=$1
    shift
    for choice; do [ "$choice" != "$candidate" ] || return 0; done
    WHY="is not one of: $*"
}

shorter() { [ ${#1} -le "$2" ] || WHY="is longer than $2 characters"; }

no_parent() { case "$1/" in */../* | */./* | *//*) WHY='may not contain empty, "." or ".." parts' ;; esac; }

# Leading zeros are refused because the shell would read the number as octal.
whole_number() {
    case $1 in
        '' | *[!0-9]* | 0?* | ?????????*) WHY="is not $4" ;;
        *) { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]; } || WHY="is not $4" ;;
    esac
}

# lvm(8): the names LVM keeps for itself, and what would be a path or an option.
volume_name() {
    only "$1" 'A-Za-z0-9+_.-' || return 0
    shorter "$1" 60
    case $1 in
        . | .. | -* | snapshot* | pvmove*) WHY='is not a name LVM accepts' ;;
        *_tdata* | *_tmeta* | *_pmspare* | *_cdata* | *_cmeta* | *_mlog* | *_mimage* | *_rimage* | *_rmeta* | *_vorigin*)
            WHY='is a name LVM keeps for itself' ;;
    esac
}

absolute_path() {
    only "$1" 'A-Za-z0-9/._+-' || return 0
    case $1 in
        /*) [ "$1" = / ] || no_parent "${1%/}" ;;
        *) WHY='is not an absolute path' ;;
    esac
}

# Directories that belong to a layer cannot be volumes of their own: a rollback would leave them behind.
mount_point() {
    case $1 in
        swap | none) return 0 ;;
        pv.?*) only "${1#pv.}" 'A-Za-z0-9' && return 0 ;;
    esac
    absolute_path "$1"
    case $1/ in
        /etc/* | /usr/* | /bin/* | /sbin/* | /lib/* | /lib64/* | /root/* | /dev/* | /proc/* | /sys/* | /run/*)
            WHY='belongs to the system itself and cannot be a volume of its own' ;;
        /?*//) WHY='ends with a slash' ;;
    esac
}

disk_name() {
    only "$1" 'A-Za-z0-9/._:-' || return 0
    case $1 in -*) WHY='is not the name of a disk' ;; esac
    no_parent "/${1#/}"
}

list_of() {
    rest=$2,
    while [ -n "$rest" ] && [ -z "$WHY" ]; do
        value_problem "$1" "${rest%%,*}" || :
        rest=${rest#*,}
    done
}

# The arguments end up in a boot entry and in grub.cfg, where GRUB would expand quotes and dollars.
kernel_arguments() {
    only "$1" 'A-Za-z0-9 .,:=/@%+~^!_-' || return 0
    for argument in $1; do
        case $argument in
            root=* | rd.lvm.lv=* | img.bootid=* | ostree=*) WHY="may not set ${argument%%=*}=: the layout does" ;;
        esac
    done
}

image_url() {
    only "$1" 'A-Za-z0-9/._:+%~?&=-' || return 0
    case $1 in
        file:///?*) no_parent "${1#file://}" ;;
        http://?*) ;;
        *) WHY='is neither file:///… nor http://…' ;;
    esac
}

dotted_quad() {
    only "$1" '0-9.' || return 0
    quad=$1.
    parts=0
    while [ -n "$quad" ] && [ -z "$WHY" ]; do
        whole_number "${quad%%.*}" 0 255 'an IPv4 address'
        quad=${quad#*.}
        parts=$((parts + 1))
    done
    [ "$parts" -eq 4 ] || WHY='is not an IPv4 address'
}

host_name() {
    only "$1" 'A-Za-z0-9.-' && shorter "$1" 253
    case .$1. in *..* | *.-* | *-.*) WHY='is not a host name' ;; esac
}

user_name() {
    only "$1" 'a-z0-9_-' && shorter "$1" 32
    case $1 in [!a-z_]*) WHY='is not a user name' ;; esac
}

ssh_key() {
    case $1 in
        ssh-?*' '?* | ecdsa-?*' '?* | sk-?*' '?*) ;;
        *) WHY='is not a public key ("type base64 comment")' && return ;;
    esac
    key=${1#* }
    only "${1%% *}" 'a-z0-9@.-' && only "${key%% *}" 'A-Za-z0-9+/='
}

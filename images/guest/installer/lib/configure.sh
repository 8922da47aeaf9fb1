# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# What the kickstart says about the installed system.

configure_system() {
    write_fstab
    configure_timezone
    for_each network configure_network
    configure_root_password
    for_each sshkey add_ssh_key
    write_boot_settings
}

# Everything GRUB or the firmware reads is named by UUID, volumes by name: snapshots share a UUID.
# Only the vfat is checked at boot; the others replay their journals when they are mounted.
write_fstab() {
    while IFS=$TAB read -r mount device fstype options <&4; do
        check=0
        case $device in
            /dev/"$VG"/*) name=$device ;;
            *) name=UUID=$(blkid -p -s UUID -o value "$device") ;;
        esac
        [ "$fstype" != vfat ] || { options="$options,umask=0077" && check=2; }
        printf '%s\t%s\t%s\t%s\t0 %s\n' "$name" "$mount" "$fstype" "$options" "$check"
    done 4<"$WORK/mounts" | sed "s,${TAB}swap${TAB}swap,${TAB}none${TAB}swap," >"$SYSTEM/etc/fstab"
}

configure_timezone() {
    lookup timezone || return 0
    zone=$(value 1)
    ln -snf "../usr/share/zoneinfo/$zone" "$SYSTEM/etc/localtime"
    printf '%s\n' "$zone" >"$SYSTEM/etc/timezone"
    if get utc || get isUtc; then clock=UTC; else clock=LOCAL; fi
    printf '0.0 0 0.0\n0\n%s\n' "$clock" >"$SYSTEM/etc/adjtime"
}

configure_network() {
    ! get hostname || printf '%s\n' "$VALUE" >"$SYSTEM/etc/hostname"
    if get nameserver; then
        printf '%s\n' "$VALUE" | tr ',' '\n' | sed 's/^/nameserver /' >"$SYSTEM/etc/resolv.conf"
    fi
    # The image asks any Ethernet for an address by DHCP: nothing to write unless a device is meant.
    get device || return 0
    device=$VALUE
    case $device in
        link | bootif) match='Type=ether' ;;
        ??:??:??:??:??:??) match="MACAddress=$device" ;;
        *) match="Name=$device" ;;
    esac
    file=$SYSTEM/etc/systemd/network/10-$(printf '%s' "$device" | tr ':' '-').network
    mkdir -p "$SYSTEM/etc/systemd/network"
    printf '[Match]\n%s\n\n' "$match" >"$file"
    case $(value onboot yes) in no | off | false | 0) printf '[Link]\nActivationPolicy=manual\n\n' >>"$file" ;; esac
    if [ "$(value bootproto dhcp)" = static ]; then
        printf '[Network]\nAddress=%s/%s\n' "$(value ip)" "$(prefix_length "$(value netmask)")" >>"$file"
        ! get gateway || printf 'Gateway=%s\n' "$VALUE" >>"$file"
    else
        printf '[Network]\nDHCP=ipv4\n\n[DHCPv4]\nClientIdentifier=mac\n' >>"$file"
    fi
}

# prefix_length 255.255.252.0 -> 22
prefix_length() {
    printf '%s\n' "$1" | awk -F . '{
        for (i = 1; i <= 4; i++) for (bit = 128; bit >= 1; bit /= 2) if ($i >= bit) { n++; $i -= bit }
        print n + 0
    }'
}

# The password goes through a pipe: other processes can read a command line. A locked root has a
# password that nothing matches; with usermod --lock, sshd would refuse its keys, too.
configure_root_password() {
    lookup rootpw || return 0
    if get lock; then
        run chroot "$SYSTEM" usermod --password '*' root
        return 0
    fi
    if get iscrypted; then encrypted=-e; else encrypted=''; fi
    get 1
    # shellcheck disable=SC2086 # one word or none
    printf 'root:%s\n' "$VALUE" | chroot "$SYSTEM" chpasswd $encrypted >"$WORK/output" 2>&1 ||
        fatal "the password of root could not be set: $(tail -n 2 "$WORK/output" | tr '\n' ' ')"
}

add_ssh_key() {
    user=$(value username)
    entry=$(awk -F : -v user="$user" '$1 == user { print $3 ":" $4 ":" $6 }' "$SYSTEM/etc/passwd")
    [ -n "$entry" ] || fatal "sshkey: the image has no user $user"
    directory=$SYSTEM${entry##*:}/.ssh
    if [ ! -d "$directory" ]; then
        mkdir -p "$directory"
        chmod 700 "$directory"
    fi
    get 1
    printf '%s\n' "$VALUE" >>"$directory/authorized_keys"
    chmod 600 "$directory/authorized_keys"
    chown -R "${entry%:*}" "$directory"
}

# Where the layout engine finds the administrator's arguments and timeout for its boot entries. The
# values were held against a list of characters without a meaning to a shell.
write_boot_settings() {
    boot_settings
    mkdir -p "$SYSTEM/etc/default"
    printf 'GRUB_CMDLINE_LINUX="%s"\nGRUB_TIMEOUT=%s\n' "$BOOT_APPEND" "$BOOT_TIMEOUT" >"$SYSTEM/etc/default/grub"
}

# The installed system talks on the consoles that the installer talks on, and repairs its file systems by itself: a disk that
# failed once can leave what fsck asks somebody about, and nobody is there. Unless the kickstart says otherwise.
boot_settings() {
    lookup bootloader || :
    BOOT_APPEND=$(value append)
    BOOT_TIMEOUT=$(value timeout 5)
    case " $BOOT_APPEND " in
        *' fsck.repair='*) ;;
        *)
            BOOT_APPEND="fsck.repair=yes $BOOT_APPEND"
            BOOT_APPEND=${BOOT_APPEND% }
            ;;
    esac
    case " $BOOT_APPEND " in
        *' console='*) ;;
        *)
            consoles=$(tr ' ' '\n' </proc/cmdline | grep '^console=[A-Za-z0-9,]*$' | tr '\n' ' ' || :)
            BOOT_APPEND=$consoles$BOOT_APPEND
            BOOT_APPEND=${BOOT_APPEND% }
            ;;
    esac
}

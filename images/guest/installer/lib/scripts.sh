# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# %pre and %post. Scripts are the kickstart's own programs: they run as root, as Anaconda runs them.

SCRIPT_LOGS=$WORK/scripts

run_pre_script() {
    run_script "%pre, line $LINE" '' "$(value body)"
}

run_post_script() {
    if get nochroot; then
        run_script "%post --nochroot, line $LINE" '' "$(value body)"
    else
        run_script "%post, line $LINE" "$SYSTEM" "$(value body)"
    fi
}

# run_script TITLE ROOT FILE: ROOT is empty for the installer's own system. FILE is below /run, which both share.
run_script() {
    interpreter=$(value interpreter /bin/sh)
    mkdir -p "$SCRIPT_LOGS"
    output=$SCRIPT_LOGS/$(printf '%s' "$1" | tr -c 'a-z0-9\n' '-').log
    printf '%s + %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$1" >>"$LOG"
    status=0
    if [ -n "$2" ]; then
        # Whatever a script leaves running (LVM starts a monitor) ends with it: it would keep the volumes busy.
        unshare --fork --pid --kill-child --mount-proc="$2/proc" \
            chroot "$2" /usr/bin/env -C / HOME=/root "$interpreter" "$3" >"$output" 2>&1 </dev/null 3>&- || status=$?
    else
        "$interpreter" "$3" >"$output" 2>&1 </dev/null 3>&- || status=$?
    fi
    sed 's/^/    /' "$output" >>"$LOG"
    if get log; then
        mkdir -p "$2$(dirname "$VALUE")"
        cp "$output" "$2$VALUE"
    fi
    [ "$status" -ne 0 ] || return 0
    say "a script ($1) ended with status $status; the end of what it wrote:"
    say_lines "$(tail -n 10 "$output" | sed 's/^/installer:   | /')$NL"
    ! get erroronfail || fatal "%$COMMAND --erroronfail: the script failed ($SOURCE:$LINE)"
}

# What a program in the new system needs to find: devices, LVM's and udev's state, firmware variables.
enter_target() {
    for mount in dev proc sys run; do
        mkdir -p "$SYSTEM/$mount"
        run mount --rbind "/$mount" "$SYSTEM/$mount"
    done
}

# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# What a person (or a program following the console) sees, and how an installation ends badly.

WORK=/run/hostproof-installer
LOG=$WORK/log
STEPS=9
# Until this says yes, no disk has been changed.
DISK_WRITTEN=no

say() {
    printf 'installer: %s\n' "$*"
    printf '%s installer: %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*" >>"$LOG"
}

step() {
    STEP=$1
    shift
    say "[$STEP/$STEPS] $*"
}

# Lines that carry their "installer: " already, as the parser writes them.
say_lines() {
    printf '%s' "$1" | tee -a "$LOG"
}

# fatal MESSAGE: the end; the machine stays on until somebody has read it.
fatal() {
    printf 'installer: ERROR: %s\n' "$*" | tee -a "$LOG"
    give_up
}

give_up() {
    trap - EXIT
    if [ "$DISK_WRITTEN" = no ]; then
        say 'nothing was written to any disk'
    else
        say "the disk $DISK has been written to and holds no usable system"
    fi
    say 'press Enter to power off'
    read -r _ || sleep infinity
    systemctl --force poweroff
    exit 1
}

# run COMMAND…: its output goes to the log; a failure ends the installation and quotes the output's end.
run() {
    printf '%s + %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*" >>"$LOG"
    # Descriptors 3 and 4 are the installer's own; LVM would complain about them.
    if ! "$@" >"$WORK/output" 2>&1 </dev/null 3>&- 4>&-; then
        cat "$WORK/output" >>"$LOG"
        fatal "$1 failed: $(tail -n 3 "$WORK/output" | tr '\n' ' ')"
    fi
    cat "$WORK/output" >>"$LOG"
}

# shellcheck shell=sh
# What the probes of all layouts are made with. It is sent before a layout's own, to the same shell.
# Neither changes anything, and both start few processes: each costs 10 ms under emulation.
set -u
export LC_ALL=C TZ=UTC PATH=/usr/sbin:/usr/bin:/sbin:/bin
umask 077

# shellcheck disable=SC2016  # an awk program
COMMON='
function json(text,    i, c, out) {
    if (text !~ /[\001-\037\177\\"]/) return "\"" text "\""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in control ? control[c] : c == "\\" || c == "\"" ? "\\" c : c)
    }
    return "\"" out "\""
}
function number(text) { return text ~ /^[0-9]+([.][0-9]+)?$/ ? text : "null" }
function yes(what) { return what ? "true" : "false" }
function add(list, item) { return list (list == "" ? "" : ", ") item }
function first_line(file,    line) { line = ""; getline line < file; close(file); return line }
# The value of a shell-like assignment, as os-release has them.
function assigned(file, name,    line, value) {
    value = ""
    while ((getline line < file) > 0) if (index(line, name "=") == 1) value = substr(line, length(name) + 2)
    close(file)
    if (value ~ /^".*"$/ || value ~ /^\047.*\047$/) value = substr(value, 2, length(value) - 2)
    return value
}
function fstab_root(file,    line, field, found) {
    found = ""
    while ((getline line < file) > 0) if (split(line, field, " ") > 1 && field[1] !~ /^#/ && field[2] == "/") found = field[1]
    close(file)
    return found
}
function words(text, separator,    n, i, part, out) {
    n = split(text, part, separator)
    for (i = 1; i <= n; i++) if (part[i] != "") out = add(out, json(part[i]))
    return "[" out "]"
}
function account(name, uid, digest, groups) {
    return "{\"name\": " json(name) ", \"uid\": " number(uid) ", \"shadowSha256\": " json(digest) ", \"groups\": " words(groups, ",") "}"
}
# Files of /etc that are not as the image brought them.
function etc_changes(    path, list) {
    for (path in found) if (!(path in brought) || found[path] != brought[path])
        list = add(list, "{\"path\": " json(path) ", \"now\": " json(found[path]) "}")
    for (path in brought) if (!(path in found)) list = add(list, "{\"path\": " json(path) ", \"now\": null}")
    return "[" list "]"
}
function units_failed(    i, list) {
    for (i = 1; i <= failed_units; i++) list = add(list, "{\"unit\": " json(failed_unit[i]) ", \"said\": " json(said[i]) "}")
    return "[" list "]"
}
# What is told of every host. The layout sees to keys and users.
function common_members() {
    return "\"format\": 1, \"bootId\": " json(first_line("/proc/sys/kernel/random/boot_id")) \
        ", \"kernelRelease\": " json(first_line("/proc/sys/kernel/osrelease")) ", \"cmdline\": " json(first_line("/proc/cmdline")) \
        ", \"osRelease\": {\"id\": " json(assigned("/usr/lib/os-release", "ID")) \
        ", \"versionId\": " json(assigned("/usr/lib/os-release", "VERSION_ID")) "}, \"machineId\": " json(first_line("/etc/machine-id")) \
        ", \"etc\": " etc_changes() ", \"menu\": {\"file\": " json(menu_file) ", \"sha256\": " json(menu_digest) "}" \
        ", \"space\": [" space "], \"hostKeys\": [" keys "], \"users\": [" users "], \"systemState\": " json(state) ", \"failedUnits\": " units_failed()
}
BEGIN {
    FS = "|"
    for (i = 1; i < 32; i++) control[sprintf("%c", i)] = sprintf("\\u%04x", i); control["\177"] = "\\u007f"
}
index($0, mark) == 1 { section = substr($0, length(mark) + 1); next }
section == "etc" { path = substr($0, length($1 $2) + 3); if ($1 == "image") brought[path] = $2; else found[path] = $2 }
section == "menu file" { if (menu_file == "") menu_file = $0; else menu_digest = substr($0, 1, 64) }
section == "space" { split($0, f, " "); space = add(space, sprintf("{\"freeBytes\": %.0f, \"sizeBytes\": %.0f}", f[1] * f[3], f[2] * f[3])) }
section == "state" && sub(/^SystemState=/, "") { state = $0 }
section == "failed" && sub(/^= /, "") { failed_unit[++failed_units] = $0; next }
section == "failed" { said[failed_units] = said[failed_units] $0 "\n" }
'

# Each section begins with a line that no output holds.
read -r mark </proc/sys/kernel/random/uuid
part() { printf '%s%s\n' "$mark" "$1"; }

# report PROGRAM [-v NAME=VALUE]...: what the layout's program, with what is above, makes of the sections.
report() {
    program=$1
    shift
    awk -v mark="$mark" "$@" "$COMMON$program"
}

# changed_etc DIRECTORY: what is in /etc, and what the image brought in DIRECTORY. Names that a line cannot hold are left out.
changed_etc() {
    part etc
    etc_files image "$1"
    etc_files now /etc
}
etc_files() { # WHOSE DIRECTORY: lines of WHOSE|CONTENT|PATH
    (
        cd "$2" || exit
        find . -not -name '*[[:cntrl:]\\]*' -type l -printf "$1|-> %l|%P\n"
        find . -not -name '*[[:cntrl:]\\]*' -type f -exec sha256sum -- {} + | sed "s,^\([0-9a-f]*\)  \./,$1|\1|,"
    ) 2>/dev/null
}

# GRUB's menu: which file it is (device, number, and when that was made, since numbers are used again), and what it holds.
menu_file() {
    part 'menu file'
    stat --dereference --format='%d:%i:%w' /boot/grub/grub.cfg
    sha256sum </boot/grub/grub.cfg
}

# space PLACE...: what is free on the file systems there, and how big they are.
space() {
    part space
    stat -f -c '%f %b %S' "$@"
}

system_state() {
    part state
    state=$(systemctl show --property=SystemState,NFailedUnits)
    printf '%s\n' "$state"
    case $state in
        *NFailedUnits=0*) ;;
        *)
            part failed
            systemctl list-units --state=failed --plain --no-legend --full 2>/dev/null |
                while read -r unit _; do
                    printf '= %s\n' "$unit"
                    journalctl --boot --unit="$unit" --output=cat --lines=10 --quiet | tail -c 1000 | sed 's/^/ /'
                done
            ;;
    esac
}

# each_account FUNCTION: FUNCTION NAME UID HASH GROUPS, with GROUPS like 1000(NAME),4(adm), its own first; for root and everyone who logs in.
each_account() {
    while IFS=: read -r name _ uid _; do
        [ "$uid" = 0 ] || { [ "$uid" -ge 1000 ] && [ "$uid" -lt 60000 ]; } || continue
        groups=$(id "$name")
        while IFS=: read -r owner hash _; do
            [ "$owner" != "$name" ] || "$1" "$name" "$uid" "$hash" "${groups##*groups=}"
        done </etc/shadow
    done </etc/passwd
}

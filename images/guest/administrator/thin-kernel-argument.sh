#!/bin/sh
# Adds ARGUMENT to those that the running layer's kernel is started with: sh -s -- ARGUMENT. Sent over ssh; it does what an
# administrator of such a host does with grubby: the entry is changed, and the menu is made of the entries again.
LIB=/usr/lib/imgbased
for part in common lvm boot; do
    # shellcheck source=/dev/null
    . "$LIB/$part.sh"
done

main() {
    lock
    lvm_load
    id=$(entry_of_layer "$ROOT_LV") || die "$ROOT_LV has no boot entry"
    entry=$ENTRIES/$id.conf
    awk -v argument="$1" '/^options[ \t]/ && !done { $0 = $0 " " argument; done = 1 } { print }' "$entry" >"$entry.new"
    sync "$entry.new"
    mv "$entry.new" "$entry"
    sync "$ENTRIES"
    menu_write "$(menu_default)"
}

# Not from standard input: there the shell reads this program.
main "$1" </dev/null

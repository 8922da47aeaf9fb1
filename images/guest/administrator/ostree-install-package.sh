#!/bin/sh
# Lays the tree that is the branch package/NAME of REMOTE over /usr: sh -s -- REMOTE NAME. Sent over ssh; it does what an
# administrator of a host without packages does. The tree lies in /var, which all deployments share.
set -eu
EXTENSIONS=/var/lib/extensions

main() {
    branch=package/$2
    ostree pull "$1" "$branch"
    mkdir -p "$EXTENSIONS"
    rm -rf "$EXTENSIONS/.$2.new"
    # copies: a link would share its content with the repository
    ostree checkout --force-copy "$1:$branch" "$EXTENSIONS/.$2.new"
    # what there must be, for whoever looks whether it still is
    (cd "$EXTENSIONS/.$2.new" && find usr -not -type d) >"$EXTENSIONS/.$2.files"
    sync -f "$EXTENSIONS"
    rm -rf "${EXTENSIONS:?}/$2"
    mv "$EXTENSIONS/.$2.new" "$EXTENSIONS/$2"
    sync -f "$EXTENSIONS"
    ostree refs --delete "$1:$branch"
    systemd-sysext refresh
}

# Not from standard input: there the shell reads this program.
main "$@" </dev/null

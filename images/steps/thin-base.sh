#!/bin/sh
# The finished root as hosts of the thin layout have it: with rpm and dnf, by which their updates and the administrator's
# packages come.
#
# Environment: OUT, WORK; BASE (the base step's results); PACKAGES (names of Debian packages); GUEST (images/guest).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"
. "$steps/rpm.sh"

start_from "$BASE/base.tar"

phase 'adding rpm and dnf'
python=/usr/lib/python3.11
set -- '--path-exclude=/usr/lib/rpm/*.sh' '--path-exclude=/usr/lib/rpm/*.p[ry]*' '--path-exclude=/usr/lib/rpm/brp-*' \
    '--path-exclude=/usr/lib/rpm/check-*' '--path-exclude=/usr/bin/rpmbuild' '--path-exclude=/usr/share/bash-completion/*' \
    '--path-exclude=/usr/share/applications/*' '--path-exclude=/etc/dbus-1/system.d/org.rpm.conf'
for package in $PACKAGES; do cp "$BASE/debs/${package}"_*.deb "$tree/tmp/"; done
# Perl (for building rpms), D-Bus and others are required by name and used by nothing that is done here.
# shellcheck disable=SC2016  # the inner shell's
chroot "$tree" sh -c 'exec dpkg --install --force-depends --force-confold "$@" /tmp/*.deb' sh "$@"
rm -f "$tree"/tmp/*.deb

phase 'compiling Python'
# Byte code instead of sources: dnf starts sooner, and takes half the space. Always the same, if compiled in one go.
# What no part of dnf imports goes before.
for part in test unittest pydoc_data lib2to3 distutils asyncio sqlite3 dbm venv wsgiref xmlrpc multiprocessing ctypes \
    config-3.11-x86_64-linux-gnu; do rm -rf "${tree:?}$python/$part"; done
find "$tree$python" "$tree/usr/lib/python3" -name __pycache__ -prune -exec rm -rf {} +
PYTHONHASHSEED=0 chroot "$tree" python3 -B -m compileall -q -b "$python" /usr/lib/python3/dist-packages
find "$tree$python" "$tree/usr/lib/python3" -name '*.py' | while read -r source; do
    [ ! -e "${source}c" ] || rm "$source"
done

add_files "$GUEST/rpm/tree" "$tree"

phase 'making the rpm database'
for spec in host-provides image-update-placeholder; do build_rpm "$GUEST/rpm/specs/$spec.spec" "kver $kver"; done
cp "$WORK"/rpms/*.rpm "$tree/tmp/"
mkdir -p "$tree/usr/lib/sysimage/rpm" "$tree/usr/lib/sysimage/dnf"
chroot "$tree" sh -c 'rpm --force-debian --install --justdb /tmp/*.rpm'
rm -f "$tree"/tmp/*.rpm
# SQLite makes them anew
rm -f "$tree"/usr/lib/sysimage/rpm/*-shm "$tree"/usr/lib/sysimage/rpm/*-wal "$tree"/usr/lib/sysimage/rpm/.rpm.lock

phase 'packing the root'
drop_traces
cp -r "$BASE/debs" "$OUT/debs"
pack_tree "$tree" "$OUT/base.tar"

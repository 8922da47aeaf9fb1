#!/bin/sh
# The common root: Debian packages and nothing else. Everything after this step works without a network.
#
# Environment: OUT, WORK; SUITE (Debian's code name); APT (directory with sources/, lists/ and apt.conf: the
# machine's own apt configuration, see packages.ts); EXTRA (packages that single versions add later).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

tree=$WORK/tree
in_memory "$tree"
include=$(sed -e '/^#/d' "$steps/packages.txt" | paste -sd,)

# Runs before the first package: the lists are the ones the packages were chosen from.
cat >"$WORK/setup" <<'HOOK'
#!/bin/sh
set -eu
cp -r "$APT/lists/." "$1/var/lib/apt/lists/"
mkdir -p "$1/etc/apt/preferences.d" "$1/etc/kernel/postinst.d"
cp "$STEPS/apt-preferences" "$1/etc/apt/preferences.d/image"
# merged from the beginning, so that no package has to do it
for directory in bin sbin lib lib64; do
    mkdir -p "$1/usr/$directory"
    [ -e "$1/$directory" ] || ln -s "usr/$directory" "$1/$directory"
done
# dracut's package would make an initramfs for this machine here
printf '#!/bin/sh\nexit 0\n' >"$1/etc/kernel/postinst.d/dracut"
chmod 755 "$1/etc/kernel/postinst.d/dracut"
HOOK

# Runs after the last package, while apt can still reach the mirror.
cat >"$WORK/customize" <<'HOOK'
#!/bin/sh
set -eu
cd "$WORK/debs"
for package in $EXTRA xfsprogs; do APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download "$package"; done
# The whole package would bring Python and ICU, 80 MB, for a tool nobody needs here.
dpkg-deb --extract xfsprogs_*.deb xfs
for tool in mkfs.xfs fsck.xfs xfs_repair; do cp -p xfs/sbin/$tool "$1/usr/sbin/"; done
cp -p xfs/usr/sbin/xfs_growfs "$1/usr/sbin/"
rm -r xfs xfsprogs_*.deb
HOOK
chmod 755 "$WORK/setup" "$WORK/customize"
mkdir "$WORK/debs"
# apt fetches as a user of its own where there is one
chmod 777 "$WORK/debs"
export APT EXTRA WORK STEPS="$steps"

phase 'installing packages'
mmdebstrap --variant=apt --mode=root --format=directory --skip=update --include="$include" \
    --aptopt="$APT/apt.conf" \
    --aptopt='APT::Install-Recommends "false"' \
    --aptopt='Acquire::Languages "none"' \
    --dpkgopt="$steps/dpkg-excludes" \
    --setup-hook="$WORK/setup" --customize-hook="$WORK/customize" \
    "$SUITE" "$tree" "$APT"/sources/*

phase 'packing the common root'
# The machine's mirror, proxy and logs have no place in an image.
rm -rf "$tree"/etc/apt/sources.list* "$tree"/etc/apt/apt.conf.d/99mmdebstrap "$tree"/etc/apt/preferences.d/image \
    "$tree"/etc/kernel/postinst.d/dracut "$tree"/var/lib/apt/lists "$tree"/var/cache/apt "$tree"/var/log/* \
    "${tree:?}"/dev "${tree:?}"/run "${tree:?}"/tmp
# Made up by packages as they are installed: each host makes its own.
rm -f "$tree"/etc/ssh/ssh_host_* "$tree"/etc/iscsi/initiatorname.iscsi
mkdir "$tree/dev" "$tree/run" "$tree/tmp"
chmod 1777 "$tree/tmp"
pack_tree "$tree" "$OUT/root.tar"
mkdir "$OUT/debs"
cp "$WORK"/debs/*.deb "$OUT/debs/"

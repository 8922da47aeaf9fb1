#!/bin/sh
# Whether the commit that was pulled for the booted deployment can become one, asked of the guest's own repository before it is
# staged: libostree 2022.7 finds out when the host goes down, and drops it where nobody hears of it. If it cannot: says why, and ends with 3.
set -eu
# kernels beside, a menu and entries are written, too
SPARE_BYTES=8388608

refuse() {
    echo "refused: $*" >&2
    exit 3
}
commit=$(ostree admin status | awk '$1 == "*" { booted = 1 } booted && /^ +origin refspec: / { print $3; exit }')
if [ -z "$commit" ]; then
    echo 'the booted deployment follows nothing' >&2
    exit 1
fi
ostree ls --dironly "$commit" /usr/etc >/dev/null 2>&1 || refuse 'the commit has no /usr/etc'

# -00644 0 0 BYTES PATH
need=$(ostree ls -R "$commit" /usr/lib/modules |
    awk -v spare="$SPARE_BYTES" '$5 ~ /^\/usr\/lib\/modules\/[^\/]+\/(vmlinuz|initramfs[.]img)$/ { bytes += $4 } END { printf "%.0f", bytes + spare }')
free=$(stat -f -c '%a %S' /boot | awk '{ printf "%.0f", $1 * $2 }')
[ "$need" -le "$free" ] ||
    refuse "no space in /boot: the kernel needs $((need / 1048576)) MiB, $((free / 1048576)) MiB are free"

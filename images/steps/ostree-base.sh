#!/bin/sh
# The finished root as hosts of the ostree layout have it: provisioning by Ignition, an initramfs that knows ostree, and what
# libostree 2022.7 lacks. Still laid out as Debian has it, so that packages can be added.
#
# Environment: OUT, WORK; BASE (the base step's results); GUEST (images/guest); PATCH (a planted defect, or
# empty).
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

start_from "$BASE/base.tar"

phase 'adding Ignition and the boot of ostree'
install_packages ignition ostree-boot
rm -f "$tree/usr/bin/ignition-validate"
own=$(patched ostree)
# the one that is found instead has it settle what it switches
mkdir -p "$tree/usr/libexec/reference-node"
mv "$tree/usr/bin/ostree" "$tree/usr/libexec/reference-node/"
add_files "$own/tree" "$tree"
add_files "$own/dracut" "$tree/usr/lib/dracut/modules.d"

phase 'compiling the helpers'
compile() {
    program=$tree/usr/libexec/reference-node/$1
    shift
    cc -O2 -Wall -Wextra -Werror -s -ffile-prefix-map="$WORK=." -o "$program" "$@"
}
compile settled-switch.so -shared -fPIC "$own/settled-switch.c"
# shellcheck disable=SC2046  # options
compile ostree-rollback "$own/rollback.c" "$own/settled-switch.c" $(pkg-config --cflags --libs ostree-1)

# Nothing may be written into a deployment.
cp "$tree/usr/share/systemd/tmp.mount" "$tree/usr/lib/systemd/system/"
in_tree enable tmp.mount
# without the path unit nothing would finalise what is staged
in_tree enable ostree-finalize-staged.path ostree-remount.service reference-provisioned.service systemd-sysext.service

make_initramfs
# only the initramfs provisions
rm -rf "$tree/usr/lib/dracut/modules.d/30ignition/ignition"

phase 'packing the finished root'
drop_traces
cp -r "$BASE/debs" "$OUT/debs"
pack_tree "$tree" "$OUT/base.tar"

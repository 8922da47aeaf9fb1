#!/bin/bash
# dracut module: nothing. Ignition's module asks for one of this name; here the configuration comes from the firmware, and the
# initramfs has no use for a network.

check() {
    return 255
}

depends() {
    return 0
}

install() {
    return 0
}

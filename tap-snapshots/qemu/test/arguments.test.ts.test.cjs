/* IMPORTANT
 * This snapshot file is auto-generated, but designed for humans.
 * It should be checked into source control and tracked carefully.
 * Re-generate by setting TAP_SNAPSHOT=1 and running tests.
 * Make sure to inspect the output below.  Do not ignore changes!
 */
'use strict'
exports[`qemu/test/arguments.test.ts > TAP > the arguments of a kernel booted directly, with RAM in a file and a display > must match snapshot 1`] = `
-name guest=job,,1
-no-user-config
-nodefaults
-display none
-S
-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
-object memory-backend-file,id=ram,size=1024M,mem-path=/ram,share=off
-machine q35,dump-guest-core=off,memory-backend=ram
-accel kvm
-cpu host
-smp 1
-m 1024M
-rtc base=2026-01-01T00:00:00,clock=vm
-action reboot=shutdown,panic=none
-chardev socket,id=qmp,path=/s/qmp
-mon chardev=qmp,mode=control
-chardev socket,id=serial,path=/s/serial
-serial chardev:serial
-kernel /k
-initrd /i
-append console=ttyS0 quiet
-object {"qom-type":"rng-random","id":"rng0","filename":"/dev/urandom"}
-device {"driver":"virtio-rng-pci","id":"rng-device","rng":"rng0"}
-netdev {"type":"user","id":"net0","restrict":true,"hostfwd":[{"str":"tcp:127.0.0.1:0-:22"}]}
-device {"driver":"virtio-net-pci","id":"nic0","netdev":"net0","mac":"52:54:00:12:34:56","romfile":""}
-device {"driver":"VGA","id":"vga0"}
-vnc unix:/s/vnc
`

exports[`qemu/test/arguments.test.ts > TAP > the arguments of a whole machine > must match snapshot 1`] = `
-name guest=job,,1
-no-user-config
-nodefaults
-display none
-S
-sandbox on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny
-object memory-backend-ram,id=ram,size=1024M
-machine q35,dump-guest-core=off,memory-backend=ram
-accel tcg,thread=multi,tb-size=512
-cpu Nehalem
-smp 1
-m 1024M
-drive if=pflash,unit=0,format=raw,readonly=on,file=/fw/CODE.fd
-drive if=pflash,unit=1,format=raw,file=/run/a,,b/VARS.fd
-rtc base=utc,clock=host
-action reboot=reset,panic=none
-chardev socket,id=qmp,path=/s/qmp
-mon chardev=qmp,mode=control
-chardev socket,id=serial,path=/s/serial
-serial chardev:serial
-object {"qom-type":"rng-random","id":"rng0","filename":"/dev/urandom"}
-device {"driver":"virtio-rng-pci","id":"rng-device","rng":"rng0"}
-blockdev {"driver":"qcow2","node-name":"system","read-only":false,"cache":{"direct":false,"no-flush":false},"discard":"unmap","file":{"driver":"file","filename":"/run/a,readonly=on.qcow2","read-only":false,"cache":{"direct":false,"no-flush":false},"discard":"unmap"}}
-device {"driver":"pcie-root-port","id":"port-system","chassis":1}
-device {"driver":"virtio-blk-pci","id":"disk-system","bus":"port-system","drive":"system","serial":"s1","bootindex":1,"write-cache":"on","werror":"stop","rerror":"stop"}
-blockdev {"driver":"raw","node-name":"payload","read-only":true,"cache":{"direct":false,"no-flush":false},"discard":"unmap","file":{"driver":"file","filename":"/run/payload.raw","read-only":true,"cache":{"direct":false,"no-flush":false},"discard":"unmap"}}
-device {"driver":"pcie-root-port","id":"port-payload","chassis":2}
-device {"driver":"virtio-blk-pci","id":"disk-payload","bus":"port-payload","drive":"payload","write-cache":"on","werror":"report","rerror":"report"}
-blockdev {"driver":"nbd","node-name":"served","read-only":false,"cache":{"direct":false,"no-flush":false},"discard":"unmap","server":{"type":"unix","path":"/s/a,b"},"export":"served","reconnect-delay":5,"open-timeout":15}
-device {"driver":"pcie-root-port","id":"port-served","chassis":3}
-device {"driver":"virtio-blk-pci","id":"disk-served","bus":"port-served","drive":"served","physical_block_size":4096,"cyls":16383,"heads":16,"secs":63,"write-cache":"on","werror":"report","rerror":"report"}
-blockdev {"driver":"raw","node-name":"medium","read-only":true,"cache":{"direct":false,"no-flush":false},"discard":"unmap","file":{"driver":"file","filename":"/run/installer.iso","read-only":true,"cache":{"direct":false,"no-flush":false},"discard":"unmap"}}
-device {"driver":"pcie-root-port","id":"port-medium","chassis":100}
-device {"driver":"virtio-scsi-pci","id":"scsi-medium","bus":"port-medium"}
-device {"driver":"scsi-cd","id":"cdrom-medium","bus":"scsi-medium.0","drive":"medium","bootindex":0}
-netdev {"type":"user","id":"net0","restrict":true,"hostfwd":[{"str":"tcp:127.0.0.1:0-:22"}]}
-device {"driver":"virtio-net-pci","id":"nic0","netdev":"net0","mac":"52:54:00:12:34:56","romfile":""}
`

#!/bin/sh
# The installation medium of one version, for UEFI: Debian's signed shim and GRUB, kernel, initramfs, and the squashfs that is
# the installer's root. It is also what is installed, unless COMMIT is given: then that is, as a repository on the medium.
#
# Environment: OUT, WORK; BASE (the base step's results); SQUASHFS (file); COMMIT (tarball of a repository, or empty);
# VOLUME (volume label); TITLE.
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

phase 'laying out the medium'
medium=$WORK/medium
mkdir -p "$medium/images" "$medium/LiveOS" "$medium/boot/grub" "$medium/EFI/BOOT" "$medium/.disk"
cp "$BASE/vmlinuz" "$BASE/initramfs.img" "$medium/images/"
ln "$SQUASHFS" "$medium/LiveOS/squashfs.img" 2>/dev/null || cp "$SQUASHFS" "$medium/LiveOS/squashfs.img"
if [ -n "$COMMIT" ]; then
    mkdir -p "$medium/ostree/repo"
    tar --extract --file "$COMMIT" --directory "$medium/ostree/repo"
fi
# The signed GRUB looks for its medium by this file.
echo "$TITLE" >"$medium/.disk/info"
sed -e "s/@VOLUME@/$VOLUME/g" -e "s/@TITLE@/$TITLE/g" "$steps/iso-grub.cfg" >"$medium/boot/grub/grub.cfg"
cp "$BASE/efi/shimx64.efi" "$medium/EFI/BOOT/BOOTX64.EFI"
cp "$BASE/efi/grubx64.efi" "$BASE/efi/mmx64.efi" "$medium/EFI/BOOT/"
find "$medium" -not -path '*/LiveOS/squashfs.img' -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +

phase 'making the EFI system partition'
esp=$WORK/efi.img
truncate --size=12M "$esp"
mkfs.vfat --invariant -n ESP "$esp"
mmd -i "$esp" ::/EFI ::/EFI/BOOT
for file in BOOTX64.EFI grubx64.efi mmx64.efi; do mcopy -m -i "$esp" "$medium/EFI/BOOT/$file" "::/EFI/BOOT/$file"; done

phase 'writing the ISO'
# xorriso takes every date and identifier it would otherwise invent from SOURCE_DATE_EPOCH
xorriso -as mkisofs -quiet -o "$OUT/installer.iso" -V "$VOLUME" -r -J -joliet-long \
    --set_all_file_dates "$(date --utc --date="@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S00)" \
    -append_partition 2 0xef "$esp" -appended_part_as_gpt \
    -e --interval:appended_partition_2:all:: -no-emul-boot \
    "$medium"

#!/bin/sh
# A commit as no host may take it: see `tamper` in recipe.ts. What is spoiled of a file is the object that is the commit's
# initramfs, which every version has of its own.
#
# Environment: OUT, WORK; COMMIT (the sound tarball); REF; HOW (cut: the object ends early; flip: one byte of it is another;
# digest: the commit is stored under the name of another; age: it is one second older than any other), KEEP_PERCENT (of the object that is cut), VERSION.
set -eu
steps=$(dirname "$(readlink -f "$0")")
. "$steps/common.sh"

phase "spoiling the commit: $HOW"
repository=$WORK/repo
mkdir "$repository"
tar --extract --file "$COMMIT" --directory "$repository"

# The file in the repository that holds the object of that checksum.
object_file() { # CHECKSUM KIND
    rest=${1#??}
    printf '%s\n' "$repository/objects/${1%"$rest"}/$rest.$2"
}
initramfs_file() {
    modules=$(ostree --repo="$repository" ls --nul-filenames-only "$REF" /usr/lib/modules | tr '\0' '\n' | tail -n 1)
    # -00644 0 0 SIZE CHECKSUM PATH
    object_file "$(ostree --repo="$repository" ls --checksum "$REF" "$modules/initramfs.img" | awk '{ print $5 }')" filez
}
# The header of an object is before what is compressed: which error compressed bytes make, if one of them is another, is for each image
# to say. LENGTH (4 bytes), padding (4), size (8), and then the owner, who becomes another.
OWNER_AT=19
flip_byte() { # FILE
    at=$OWNER_AT
    byte=$(od -An -tu1 -j"$at" -N1 "$1")
    # shellcheck disable=SC2059  # the byte is the format
    printf "\\$(printf %o $((255 - byte)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
}

# The same tree once more, as a commit from before all others.
commit_older() {
    sound=$(ostree --repo="$repository" rev-parse "$REF")
    older=$(ostree --repo="$repository" commit --branch="$REF" --bind-ref="$REF" --tree=ref="$sound" --fsync=false \
        --subject="Reference Node $VERSION" --add-metadata-string=version="$VERSION" --timestamp="@$((SOURCE_DATE_EPOCH - 1))")
    rm -rf "$repository/tmp" "$repository/.lock"
    mkdir "$repository/tmp"
}

case $HOW in
    cut)
        object=$(initramfs_file)
        truncate --size=$(($(stat -c %s "$object") * KEEP_PERCENT / 100)) "$object"
        ;;
    flip) flip_byte "$(initramfs_file)" ;;
    digest)
        commit_older
        mv "$(object_file "$older" commit)" "$(object_file "$sound" commit)"
        printf '%s\n' "$sound" >"$repository/refs/heads/$REF"
        ;;
    age)
        commit_older
        rm "$(object_file "$sound" commit)"
        ;;
    *)
        echo "there is no way to spoil a commit called $HOW" >&2
        exit 2
        ;;
esac

phase 'packing the repository'
pack_repository "$repository" "$OUT/commit.tar"

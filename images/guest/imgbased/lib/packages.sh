# shellcheck shell=sh
# Packages: every layer has a database of its own, which says what is installed in that layer.

PACKAGES_DATABASE=usr/lib/sysimage/rpm
# Where a plugin of dnf keeps the rpm of everything that is installed through dnf.
PACKAGES_STORE=/var/imgbased/persisted-rpms
PACKAGES_IMAGE=reference-node-image-update

packages_rpm() { # TREE ARGUMENT...: Debian's rpm would explain each time that Debian has another package manager
    layer=$1
    shift
    rpm --root "$layer" --force-debian "$@"
}

# Names, versions and architectures in the database of the tree $1. A copy is asked, since SQLite writes even to read.
packages_list() {
    rm -rf "$RUN/rpm"
    mkdir "$RUN/rpm"
    cp "$1/$PACKAGES_DATABASE"/rpmdb.sqlite* "$RUN/rpm/"
    rpm --dbpath "$RUN/rpm" --query --all --queryformat '%{NAME} %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n'
    rm -rf "$RUN/rpm"
}

# PRISTINE RUNNING NEW: what the running layer has and neither its image nor the new one brings along.
packages_of_administrator() {
    { packages_list "$1"; packages_list "$3"; } >"$RUN/packages.images"
    packages_list "$2" >"$RUN/packages.running"
    awk -v image="$PACKAGES_IMAGE" '
        FILENAME == ARGV[1] { own[$1] = 1; next }
        !($1 in own) && $1 != image { print $2 }' "$RUN/packages.images" "$RUN/packages.running" | sort
    rm -f "$RUN"/packages.*
}

# Installs the administrator's packages again, from the store: an update must not need a network.
packages_again() { # PRISTINE RUNNING NEW
    kept=$(packages_of_administrator "$@")
    [ -n "$kept" ] || return 0
    new=$3
    set --
    for package in $kept; do
        file=$PACKAGES_STORE/$package.rpm
        [ -s "$file" ] || die "$package is not in $PACKAGES_STORE; dnf reinstall puts it there"
        set -- "$@" "$file"
        say "installing $package again"
    done
    for directory in dev proc var; do mount --bind "/$directory" "$new/$directory"; done
    packages_rpm "$new" --upgrade --oldpackage "$@" >&2 || die "the administrator's packages cannot be installed again"
    for directory in dev proc var; do umount "$new/$directory"; done
}

# Says in the new layer's own database which update it is from, so that nobody offers it again there. The database of the
# running layer is the running transaction's affair.
packages_mark() { # NEW
    [ -n "${IMGBASED_IMAGE_UPDATE_RPM-}" ] || return 0
    packages_rpm "$1" --upgrade --justdb --noscripts --notriggers --nodigest --nosignature "$IMGBASED_IMAGE_UPDATE_RPM" ||
        die "the new layer's database does not take $IMGBASED_IMAGE_UPDATE_RPM"
}

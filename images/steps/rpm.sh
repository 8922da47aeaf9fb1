# shellcheck shell=sh
# What the steps that make rpms share.

# build_rpm SPEC [DEFINITION]...: a definition is a name, a blank, and a value. The rpm is in "$WORK/rpms".
# What the builder is called, when it builds and what it compresses with has no place in an rpm.
build_rpm() {
    spec=$1
    shift
    for definition in "$@"; do
        shift
        set -- "$@" --define "$definition"
    done
    HOME=$WORK rpmbuild -bb --quiet "$@" \
        --define "_topdir $WORK/rpmbuild" \
        --define "_rpmdir $WORK/rpms" \
        --define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
        --define '_binary_payload w.ufdio' \
        --define '_buildhost reference-node' \
        --define 'use_source_date_epoch_as_buildtime 1' \
        --define 'source_date_epoch_from_changelog 0' \
        --define 'clamp_mtime_to_source_date_epoch 1' \
        --define 'debug_package %{nil}' \
        --define '__os_install_post %{nil}' \
        "$spec"
}

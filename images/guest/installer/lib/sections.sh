# shellcheck shell=sh
# %pre, %post and %packages.

# section_line NAME WORD… %body FILE
section_line() {
    COMMAND=$1
    shift
    words=
    body=
    # Take the body's file off the end; what stands before it are the section's own words.
    FIELDS=
    case $COMMAND in
        %pre | %post) ;;
        %packages)
            [ $# -eq 1 ] || problem '%packages: takes no options here'
            return 0
            ;;
        *)
            problem "unknown section \"$COMMAND\""
            return 0
            ;;
    esac
    while [ "$1" != %body ]; do
        words="$words$1$US"
        shift
    done
    body=$2
    IFS=$US
    # shellcheck disable=SC2086 # split at the separators, and nowhere else
    set -- $words
    IFS=$DEFAULT_IFS
    case $COMMAND in
        %pre) read_words '--erroronfail --interpreter:path --log:path' "$@" ;;
        %post) read_words '--erroronfail --interpreter:path --log:path --nochroot' "$@" ;;
    esac
    FIELDS="$FIELDS${TAB}body=$body"
    put "${COMMAND#%}"
}

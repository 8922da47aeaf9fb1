# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# The first phase of an installation: a kickstart is read and checked as a whole; nothing is touched.

# parse_kickstart FILE DIR: leaves the plan in $PLAN, remarks in $NOTES, errors in $PROBLEMS, and the
# bodies of scripts in DIR/script-N. Fails if there are errors.
parse_kickstart() {
    SOURCE=${1##*/}
    LINE=1 PROBLEMS='' NOTES='' PLAN='' SEEN=' ' FINISH=''
    US=$(printf '\037')
    DEFAULT_IFS=$IFS
    # No word of a kickstart is a pattern of file names.
    set -f
    if [ "$(tr -d '\000' <"$1" | wc -c)" -ne "$(wc -c <"$1")" ]; then
        problem 'this is not a text file'
        return 1
    fi
    awk -v dir="$2" -f "$LIB/lex.awk" "$1" >"$2/records"
    while IFS= read -r record <&3; do
        IFS=$US
        # shellcheck disable=SC2086 # split at the separators, and nowhere else
        set -- $record
        IFS=$DEFAULT_IFS
        kind=$1
        LINE=$2
        shift 2
        case $kind in
            C) command_line "$@" ;;
            S) section_line "$@" ;;
            E) problem "$1" ;;
        esac
    done 3<"$2/records"
    [ -n "$PROBLEMS" ] || check_plan
    set +f
    [ -z "$PROBLEMS" ]
}

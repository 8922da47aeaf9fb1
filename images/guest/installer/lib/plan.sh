# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# A plan in memory: reading it back, record by record.

# for_each KIND FUNCTION: calls FUNCTION for every record of the kind, with its fields behind `get`.
# The records come in on descriptor 3, so that a command run by FUNCTION may have the standard input.
for_each() {
    while IFS= read -r record <&3; do
        [ "${record%%"$TAB"*}" = "$1" ] || continue
        FIELDS=$TAB${record#*"$TAB"}
        get line || :
        LINE=$VALUE
        COMMAND=$1
        "$2"
    done 3<<RECORDS
$PLAN
RECORDS
}

# lookup KIND: fails if the plan has none; otherwise the first one's fields are behind `get`.
lookup() {
    case $NL$PLAN in
        *"$NL$1$TAB"*)
            record=$NL$PLAN
            record=${record#*"$NL$1$TAB"}
            FIELDS=$TAB${record%%"$NL"*}
            ;;
        *) FIELDS='' && return 1 ;;
    esac
}

# total FIELD KIND: the sum of a field, in $TOTAL.
add_up() {
    get size || VALUE=0
    TOTAL=$((TOTAL + VALUE))
}

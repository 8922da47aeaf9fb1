# shellcheck shell=sh
# shellcheck disable=SC2034 # the files of this library share their variables
# Reads the words of one command against its specification, and writes the plan.
#
# The plan is a text file, one record a line: KIND, then `name=value` fields, separated by TABs.
# Values hold no TAB and no line break (the lexer refuses both), so a plan is read back without quoting.

TAB=$(printf '\t')
NL='
'

# problem MESSAGE: one more error, at the line being read. Parsing goes on, so that all are reported.
problem() {
    PROBLEMS="${PROBLEMS}installer: ERROR: $1 ($SOURCE:$LINE)$NL"
}

# read_words SPEC WORD…: SPEC lists `--option:type`, `--option:?type` (the value may be left out),
# `--option` (a flag) and `+type` (positional words, as many as there are `+type`).
# Leaves TAB-separated name=value pairs in FIELDS; positional words are named 1, 2, …
read_words() {
    spec=$1
    shift
    FIELDS=
    position=0
    while [ $# -gt 0 ]; do
        word=$1
        shift
        case $word in
            --*=*) name=${word%%=*} value=${word#*=} given=yes ;;
            -?*) name=$word value='' given=no ;;
            *)
                position=$((position + 1))
                positional_type "$position" || {
                    problem "$COMMAND: unexpected word \"$word\""
                    continue
                }
                add_field "$position" "$TYPE" "$word" "\"$word\""
                continue
                ;;
        esac
        option_type "$name" || {
            problem "$COMMAND: unknown option $name"
            continue
        }
        case $TYPE$given in
            flagyes) problem "$COMMAND: $name takes no value" ;;
            flagno) add_field "${name#--}" text yes "$name" ;;
            \?*no) add_field "${name#--}" text '' "$name" ;;
            \?*) add_field "${name#--}" "${TYPE#\?}" "$value" "$name=$value" ;;
            *yes) add_field "${name#--}" "$TYPE" "$value" "$name=$value" ;;
            *) # --option value
                if [ $# -eq 0 ]; then
                    problem "$COMMAND: $name needs a value"
                else
                    add_field "${name#--}" "$TYPE" "$1" "$name $1"
                    shift
                fi
                ;;
        esac
    done
}

# The type of the n-th positional word.
positional_type() {
    left=$1
    for entry in $spec; do
        case $entry in +*)
            left=$((left - 1))
            TYPE=${entry#+}
            [ "$left" -gt 0 ] || return 0
            ;;
        esac
    done
    return 1
}

option_type() {
    for entry in $spec; do
        case $entry in
            "$1") TYPE=flag && return 0 ;;
            "$1":*) TYPE=${entry#*:} && return 0 ;;
        esac
    done
    return 1
}

# add_field NAME TYPE VALUE SHOWN. What is secret is not shown in a message.
add_field() {
    if get "$1"; then
        problem "$COMMAND: --$1 given twice"
        return
    fi
    if value_problem "$2" "$3"; then
        case $2 in password | hash) problem "$COMMAND: the password $WHY" ;; *) problem "$COMMAND: $4 $WHY" ;; esac
    fi
    FIELDS=$FIELDS$TAB$1=$3
}

# get NAME: the value of a field of FIELDS in $VALUE; fails if there is none.
get() {
    case $FIELDS$TAB in
        *"$TAB$1="*)
            VALUE=${FIELDS#*"$TAB$1="}
            VALUE=${VALUE%%"$TAB"*}
            ;;
        *) VALUE='' && return 1 ;;
    esac
}

# value NAME [DEFAULT]: prints a field.
value() {
    get "$1" || VALUE=${2:-}
    printf '%s' "$VALUE"
}

need() {
    for required; do
        get "$required" || case $required in
            [0-9]) problem "$COMMAND: something is missing after the command" ;;
            *) problem "$COMMAND: --$required= is missing" ;;
        esac
    done
}

# at_most_one NAME…: options that exclude one another.
at_most_one() {
    first=
    for choice; do
        get "$choice" || continue
        [ -z "$first" ] || problem "$COMMAND: --$first and --$choice exclude each other"
        first=$choice
    done
}

# put KIND: appends FIELDS to the plan.
put() {
    PLAN=$PLAN$1${TAB}line=$LINE$FIELDS$NL
}

# once: refuses a command that may stand only once; notes that it was seen.
once() {
    case $SEEN in
        *" $COMMAND:"*)
            before=${SEEN##*" $COMMAND:"}
            problem "$COMMAND: given twice (first on line ${before%% *})"
            ;;
    esac
    SEEN="$SEEN $COMMAND:$LINE "
}

seen() { case $SEEN in *" $1:"*) ;; *) return 1 ;; esac; }

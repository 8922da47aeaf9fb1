# Splits a kickstart into records, one a line, fields separated by the unit separator (US, octal 037):
#   C US line US word…             a command
#   S US line US word… US %body US file    a section, its body written to DIR/script-N
#   E US line US message           an error
# Words follow the rules of a shell's quoting, and nothing in them is ever expanded: '…' is literal,
# in "…" a backslash escapes only " and \, outside it escapes any character, # starts a comment.
# Usage: awk -v dir=DIR -f lex.awk FILE

function fail(message) { print "E" US start US message }

# Reads words of `text` into `record`; returns 0 if the line is unusable.
function split_words(text,    i, c, n, quote, word, inside) {
    n = length(text); record = ""; word = ""; inside = 0; quote = ""
    for (i = 1; i <= n; i++) {
        c = substr(text, i, 1)
        if (quote == "'") {
            if (c == "'") quote = ""; else word = word c
        } else if (quote == "\"") {
            if (c == "\"") quote = ""
            else if (c == "\\" && i < n && index("\"\\", substr(text, i + 1, 1))) word = word substr(text, ++i, 1)
            else word = word c
        } else if (c == " " || c == "\t") {
            if (!end_word(inside, word)) return 0
            word = ""; inside = 0
        } else if (c == "#") {
            if (inside) { fail("an unquoted # inside a word starts a comment: put the word in quotes"); return 0 }
            break
        } else if (c == "\\") {
            if (i == n) { fail("a line is not continued by a backslash: write the command on one line"); return 0 }
            word = word substr(text, ++i, 1); inside = 1
        } else {
            if (c == "'" || c == "\"") quote = c; else word = word c
            inside = 1
        }
    }
    if (quote != "") { fail("a quotation mark is not closed"); return 0 }
    return end_word(inside, word)
}

function end_word(inside, word) {
    if (!inside) return 1
    if (word == "") { fail("an empty word"); return 0 }
    record = record US word
    return 1
}

BEGIN { US = "\037"; section = ""; scripts = 0 }

{
    start = NR
    sub(/\r$/, "")
    if (NR == 1) sub(/^\357\273\277/, "")
}

section != "" {
    if ($1 == "%end") {
        if (body != "") close(body)
        section = ""; next
    }
    if ($1 ~ /^%(pre|post|packages|onerror|traceback|addon|pre-install)$/) {
        start = opened
        fail(section " has no %end before the next section, on line " NR)
        start = NR
        if (body != "") close(body)
        section = ""
    } else {
        if (body != "") print $0 > body
        else if (section == "%packages" && $0 !~ /^[ \t]*(#|$)/)
            fail("%packages must be empty: the image is installed as it is, not \"" $1 "\"")
        next
    }
}

/^[ \t]*(#|$)/ { next }

/[\001-\010\013-\037\177]/ { fail("a control character in the line"); next }

length($0) > 8192 { fail("the line is longer than 8192 characters"); next }

!split_words($0) { next }

{
    split(record, word, US)
    name = word[2]
    if (substr(name, 1, 1) != "%") { print "C" US start record; next }
    if (name == "%end") { fail("%end without a section"); next }
    section = name; opened = NR; body = ""
    if (name == "%pre" || name == "%post") {
        body = dir "/script-" ++scripts
        printf "" > body
    }
    print "S" US start record US "%body" US body
}

END {
    if (section != "") { start = opened; fail(section " has no %end") }
    if (NR == 0) { start = 1; fail("the file is empty") }
}

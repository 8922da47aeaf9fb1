# json(TEXT): TEXT as a JSON string, whatever bytes it is made of. Character by character, since awks differ in what they
# make of backslashes in a replacement.
function json(text,    i, c, out) {
    if (text !~ /[\001-\037\\"]/) return "\"" text "\""
    if (!json_ready++) for (i = 1; i < 32; i++) json_control[sprintf("%c", i)] = sprintf("\\u%04x", i)
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        out = out (c in json_control ? json_control[c] : c == "\\" || c == "\"" ? "\\" c : c)
    }
    return "\"" out "\""
}

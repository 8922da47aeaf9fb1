# The output of `imgbase check` as upstream's JSON: {"status": ..., group: {"status": ..., test: {"status": ...}}}.
# Needs json.awk.
function key(text) {
    text = tolower(text)
    sub(/^ +/, "", text)
    gsub(/\//, "", text)
    gsub(/ /, "_", text)
    return json(text)
}
/^Status: / { printf "{\"status\": %s", json(tolower($2)); next }
{
    split($0, part, " [.][.][.] ")
    if (/^[^ ]/) { printf "%s, %s: {\"status\": %s", open ? "}" : "", key(part[1]), json(tolower(part[2])); open = 1 }
    else printf ", %s: {\"status\": %s}", key(part[1]), json(tolower(part[2]))
}
END { print (open ? "}" : "") "}" }

# `nodectl info`: the boot menu, the entries it was made of, and the layers, as upstream's JSON or its indented text.
# Reads the menu and then, on standard input, the volumes as lvm_load lists them (oldest version first).
# -v entries=DIRECTORY, -v current=LAYER, -v machine=1 for JSON; needs json.awk.

function read_entry(id,    file, line, key) {
    file = entries "/" id ".conf"
    split("", value)
    while ((getline line < file) > 0) {
        key = line
        sub(/[ \t].*/, "", key)
        sub(/^[^ \t]+[ \t]+/, "", line)
        value[key] = line
    }
    close(file)
    value["root"] = " " value["options"]
    value["root"] = match(value["root"], / root=[^ ]+/) ? substr(value["root"], RSTART + 6, RLENGTH - 6) : ""
}
function fact(name, text, last) {
    if (machine) printf "%s: %s%s", json(name), (name == "index" ? text : json(text)), (last ? "}" : ", ")
    else print "      " name ": " text
}

/^set default=/ { default_id = $0; sub(/^set default="/, "", default_id); sub(/"$/, "", default_id) }
/^menuentry .* --id '.*' [{]$/ { sub(/.* --id '/, ""); sub(/' [{]$/, ""); menu[++shown] = $0; next }
{ n = split($0, field, "|") }
n > 5 && index("," field[2] ",", ",imgbased:base,") { base[++bases] = field[1] }
n > 5 && index("," field[2] ",", ",imgbased:layer,") { layer_of[field[3]] = layer_of[field[3]] "|" field[1] }

END {
    read_entry(default_id)
    if (machine) printf "{\"bootloader\": {\"default\": %s, \"entries\": {", json(value["title"])
    else print "bootloader: \n  default: " value["title"] "\n  entries: "
    for (i = 1; i <= shown; i++) {
        read_entry(menu[i])
        if (machine) printf "%s%s: {", (i > 1 ? ", " : ""), json(value["title"])
        else print "    " value["title"] ": "
        fact("index", i - 1)
        fact("kernel", "/boot" value["linux"])
        fact("args", value["options"])
        fact("initrd", "/boot" value["initrd"])
        fact("root", value["root"])
        fact("title", value["title"])
        fact("blsid", menu[i], 1)
    }
    printf "%s", machine ? "}}, \"layers\": {" : "layers: \n"
    for (i = 1; i <= bases; i++) {
        if (machine) printf "%s%s: [", (i > 1 ? ", " : ""), json(base[i])
        else print "  " base[i] ": "
        n = split(layer_of[base[i]], layer, "|")
        for (j = 2; j <= n; j++)
            if (machine) printf "%s%s", (j > 2 ? ", " : ""), json(layer[j])
            else print "    " layer[j]
        if (machine) printf "]"
    }
    if (machine) print "}, \"current_layer\": " json(current) "}"
    else print "current_layer: " current
}

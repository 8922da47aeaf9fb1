# Makes GRUB's menu of Boot Loader Specification entries, in both layouts: the files in the order in which they are to appear.
# -v default_id=ID -v timeout=SECONDS -v maker=TEXT; file names end with /ID.conf. Debian's signed GRUB has no `blscfg`.
# -v provisions=1: the host is provisioned when it first starts, and /ignition.firstboot says that it has not been yet.

# GRUB's lexer would act on these; what the kernel is given must be what the entry says. Inside double quotes only the
# dollar and the backslash are special. A quote that is never closed would swallow all that follows: then they are characters.
function quoted(text,    i, c, inside, out, open) {
    open = text
    open = gsub(/"/, "", open) % 2 ? "\"" : ""
    for (i = 1; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "\"" && !open) inside = !inside
        if (c == open || c == "$" || c == "\\" || (!inside && index(";|&{}<>'", c))) out = out "\\"
        out = out c
    }
    return out
}

# A title is one word in single quotes, in which nothing is special but the quote itself.
function word(text) {
    gsub(/'/, "'\\''", text)
    return "'" text "'"
}

# What the arguments of its kernel call a layer: see boot-count.
function token(options) {
    options = " " options " "
    if (match(options, / ostree=\/ostree\/boot[.][01]\/[^ ]+ /)) return substr(options, RSTART + 23, RLENGTH - 24)
    if (match(options, / img[.]bootid=[^ ]+ /)) return substr(options, RSTART + 12, RLENGTH - 13)
    return ""
}

# A layer on trial has so many starts; when they are used up, the one before it starts.
function on_trial(layer, tries) { return "[ \"$boot_counted $boot_tries\" = \"" layer " " tries "\" ]; then" }
function fall_back(chosen,    i, layer, chain) {
    for (i = 1; i <= n; i++) {
        layer = token(field[i, "options"])
        if (i == chosen || layer == "") continue
        chain = chain (chain == "" ? "  if" : "  elif") " [ \"$boot_fallback\" = \"" layer "\" ]; then\n"
        chain = chain "    set default=\"" id[i] "\"\n"
    }
    layer = token(field[chosen, "options"])
    if (layer == "" || chain == "") return
    print "if [ -s $prefix/grubenv ]; then load_env; fi"
    print "if " on_trial(layer, 0) "\n" chain "  fi\nfi"
}
# In the entry itself: the start of another layer, chosen by hand, is none of its own.
function count_start(i,    layer) {
    layer = token(field[i, "options"])
    if (layer == "") return
    print "  if " on_trial(layer, 2) "\n    set boot_tries=1\n    save_env boot_tries"
    print "  elif " on_trial(layer, 1) "\n    set boot_tries=0\n    save_env boot_tries\n  fi"
}

FNR == 1 {
    n++
    id[n] = FILENAME
    sub(/.*\//, "", id[n])
    sub(/\.conf$/, "", id[n])
}
/^[a-z-]+[ \t]/ {
    key = $1
    value = $0
    sub(/^[a-z-]+[ \t]+/, "", value)
    sub(/[ \t\r]+$/, "", value)
    # `options` and `initrd` may be given more than once and then are joined.
    if ((n, key) in field && (key == "options" || key == "initrd")) value = field[n, key] " " value
    field[n, key] = value
}

END {
    print "# Made by " maker " from " (n ? "the files in loader/entries" : "nothing") "; changes are lost."
    for (i = 1; i <= n; i++)
        if (match(field[i, "options"], /console=ttyS[0-9](,[0-9]+)?/)) {
            split(substr(field[i, "options"], RSTART + 12, RLENGTH - 12), port, ",")
            break
        }
    # Output on the serial line only: firmware shows its console there, too, and every line would come twice.
    if (port[1] != "")
        printf "if serial --unit=%s --speed=%s; then\n  terminal_input serial console\n  terminal_output serial\nfi\n", \
            port[1], port[2] ? port[2] : 115200
    print "set default=\"" default_id "\""
    print "set timeout=" timeout
    for (i = 1; i <= n; i++) if (id[i] == default_id) fall_back(i)
    if (provisions) {
        print "set firstboot="
        print "if [ -f /ignition.firstboot ]; then set firstboot=ignition.firstboot; fi"
    }
    for (i = 1; i <= n; i++) {
        if (field[i, "linux"] == "") continue
        print ""
        print "menuentry " word(field[i, "title"] != "" ? field[i, "title"] : id[i]) " --id " word(id[i]) " {"
        count_start(i)
        print "  linux " quoted(field[i, "linux"]) " " quoted(field[i, "options"]) (provisions ? " $firstboot" : "")
        if (field[i, "initrd"] != "") print "  initrd " quoted(field[i, "initrd"])
        print "}"
    }
}

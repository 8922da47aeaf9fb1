# The facts of `nodectl info` (key, tab, value; an entry's keys follow its title) as upstream's JSON or its indented text.
# -v machine=1 for JSON; needs json.awk.
function out(text) { printf "%s", text }
function close_layers() { return machine ? (bases ? "]" : "") "}" : "" }

{
    value = substr($0, length($1) + 2)
    if (machine && $1 == "index") { out(json($1) ": " value); next }
}
$1 == "default" {
    out(machine ? "{\"bootloader\": {\"default\": " json(value) ", \"entries\": {" : "bootloader: \n  default: " value "\n  entries: \n")
    next
}
$1 == "entry" { out(machine ? (entries++ ? "}, " : "") json(value) ": {" : "    " value ": \n"); next }
$1 == "layout" { out(machine ? (entries ? "}" : "") "}}, \"layers\": {" : "layers: \n"); next }
$1 == "base" { out(machine ? (bases++ ? "], " : "") json(value) ": [" : "  " value ": \n"); layers = 0; next }
$1 == "layer" { out(machine ? (layers++ ? ", " : "") json(value) : "    " value "\n"); next }
$1 == "current_layer" { out(close_layers() (machine ? ", " json($1) ": " json(value) "}" : "current_layer: " value) "\n"); next }
{ out(machine ? ", " json($1) ": " json(value) : "      " $1 ": " value "\n") }

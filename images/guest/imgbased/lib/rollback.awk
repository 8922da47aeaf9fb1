# What `imgbase rollback` said, as JSON. -v success=true|false; needs json.awk.
{ text = text (NR > 1 ? "\n" : "") $0 }
END { printf "{\"success\": %s, \"message\": %s}\n", success, json(text) }

"""The words that all rooms use: log records, parsed mail, settings. Structs and nothing else; no I/O, no clock."""

"""The subcommands of `sluice`, one per module, with the options and exit codes they share.

A command parses, makes one call, and shows the result. Rules belong in the other packages.
"""

"""The subcommands of `sluice`, one per file."""

"""What Python callers use: `Sluice`, `AsyncSluice`, and the calls that both make.

The rules of those calls live in `transport` and `live`. Nothing here prints or reads files.
"""

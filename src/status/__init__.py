"""The functions for existing jobs (read, list, cancel, retry), tickets, and the WebSocket (`live`).

They only parse requests and shape responses. The rules are in `sluice.upkeep` and `sluice.intake`.
"""

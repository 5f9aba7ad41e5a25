"""Following jobs to their end: over the WebSocket, through reconnections, and by polling.

Events come out. Nothing here submits questions, chooses blocking or async calls, or prints.
"""

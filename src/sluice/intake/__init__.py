"""Accepting: questions, batches, retries, and what arrives over a WebSocket.

Ends where the message is in the queue; answers nothing.
"""

"""Accepting questions: single ones, batches, retries, and the actions of a WebSocket client.

Its work ends once the message is in the queue. It answers no question.
"""

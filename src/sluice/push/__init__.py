"""Sending events to the watchers of a job, and the tickets that open their connections.

It decides nothing about jobs, and neither reads nor writes them.
"""

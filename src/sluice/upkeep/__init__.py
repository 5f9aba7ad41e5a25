"""Existing jobs: reading, listing and cancelling them, and re-sending a lost message.

It creates no jobs and answers none.
"""

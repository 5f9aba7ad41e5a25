"""What a job is: its question, answer and sources, and how the API shows them.

Only values: nothing here reads, writes, waits or uses a port.
"""

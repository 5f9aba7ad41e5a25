"""One attempt at one job: the query, the prompt, the paced calls, the citations.

Knows no leases, no queue and no watchers: a Listener follows what happens.
"""

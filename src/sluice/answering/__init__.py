"""Answering one question: the search query, the prompt, the paced calls, the citations.

It knows no leases, queues or watchers. A Listener follows what happens.
"""

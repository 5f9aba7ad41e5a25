"""The worker: leases, an attempt's output, and what to do after a failure.

Knows that a job is answered, not how.
"""

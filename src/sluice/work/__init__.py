"""The worker: leases, the output of an attempt, and what to do after a failure.

It knows that a job is answered, but not how.
"""

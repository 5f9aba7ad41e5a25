"""A burst while processes are killed and upstreams fail, checked against the invariants.

Everything that is done to the service is drawn from a seed; the checks run afterwards.
"""

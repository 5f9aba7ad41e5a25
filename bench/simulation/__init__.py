"""A burst of a million questions in simulated time, decided by the rules that ship.

Nothing here starts a service, and nothing waits: events happen in order on a simulated clock.
"""

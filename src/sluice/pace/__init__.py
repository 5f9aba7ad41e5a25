"""How fast the upstreams may be called: quotas, bookings, ledgers and forecasts.

It knows units and lanes, but no passages, prompts or questions.
"""

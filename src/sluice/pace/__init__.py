"""How fast the upstreams may be asked: quotas, bookings, ledgers, forecasts.

Knows units and lanes, but neither passages nor prompts nor what a job asks.
"""

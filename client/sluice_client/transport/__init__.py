"""How requests reach the service: endpoint discovery, HTTP, sockets, retries, backoff and clocks.

Nothing here knows a route of the API, follows a job or prints.
"""

"""The operators' command for Sluice. It uses the rules of the service, the package `sluice`.

Imports neither the service's adapters nor the client, and nothing that ships imports it.
"""

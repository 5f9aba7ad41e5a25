"""Every port in memory, for tests, simulations and users' own tests of code that calls Sluice.

Held to the same conformance suites as the AWS adapters (tests/conformance). Not shipped to Lambda.
"""

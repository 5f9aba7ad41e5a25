"""Adapters in memory for every port, for tests, simulations and users' own tests.

They pass the same conformance suites as the AWS adapters (tests/conformance).
They are not shipped to Lambda.
"""

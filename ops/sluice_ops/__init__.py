"""The operators' command for Sluice. It uses the rules of the service, the package `sluice`.

Imports neither boto3's adapters of the service nor the client, and nothing that ships imports it.
"""

"""The cold start: how long each handler takes to import, beside bare boto3 and langchain-aws.

Nothing here runs a function or calls a service.
"""

"""A burst of questions inside a quota, answered by Sluice and by its peers.

All run in real time on the same stand-ins for Kendra and Bedrock, which count calls and throttles.
"""

"""Existing jobs: looking one up, listing, cancelling, re-sending a lost message.

Makes no job and works on none.
"""

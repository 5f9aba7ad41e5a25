"""The function that answers questions: it takes batches of SQS messages.

It only translates events and results of Lambda. The rules are in `sluice.work`.
"""

"""The function that accepts questions: `POST /jobs` and `POST /batches`.

It only parses requests and shapes responses. The rules are in `sluice.intake`.
"""

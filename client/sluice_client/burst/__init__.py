"""Bursts: thousands of questions from a file, sent in batches, answered into a file.

Files and the rules of resuming live here. The service is handed in; nothing here prints.

Three files let the next run resume wherever the last one ended: the input lists what to ask,
the answers list what is done, and the journal lists what was sent. Start reading at `runner.py`.
"""

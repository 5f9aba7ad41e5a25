"""Burst: thousands of questions from a file, asked in batches, answered into a file.

A line of the input is asked as part of a bundle, which becomes a batch of the service. Three files
make a run that ends anywhere go on where it was: the input says what is to be asked, the answers
what is done, and the journal beside them what is on its way.

Start reading at `runner.py`.
"""

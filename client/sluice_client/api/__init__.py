"""The nouns of the service's API: questions, jobs, batches, answers, sources, events and errors.

They read JSON and hold values. Nothing here sends, waits or prints.
"""

"""What a job is: the nouns of the domain, and how the API shows them.

Values only: nothing here reads, writes, waits or knows a port.
"""

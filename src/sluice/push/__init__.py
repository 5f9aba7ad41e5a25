"""What watchers are sent while a job runs, and the tickets they connect with.

Decides nothing about a job, and reads or writes none.
"""

"""The rules: what a job is, how it is taken, answered and finished. No I/O, no AWS."""

"""The rules: what a job is, and how it is accepted, answered and ended. No I/O, no AWS."""

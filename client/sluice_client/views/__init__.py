"""How jobs, answers and bursts look on a terminal, each view in its own module.

Views format values they are given. Nothing here calls the service or decides an exit code.
"""

"""Benchmarks, one package each: `burst`, `chaos`, `live`, `simulation` and `coldstart`.

Each runs with `python -m bench.<name>` and writes to bench/results. What several share is here.
"""

"""The systems that Sluice is compared with, each written as its users would write it.

Each module runs as a process of its own, with src/ and the packages of requirements/peers.txt.
bench.burst.peers.protocol says how a process gets its work and reports its results.
"""

"""What others do to stay inside a model's quota, each written as its users would.

Every module here runs as a process of its own, with the packages of requirements/peers.txt and
src/, whose prompt all of them use: bench.burst.peers.order says how it is told what to do.
"""

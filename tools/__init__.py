"""Builds and checks this repository. Nothing here ships."""

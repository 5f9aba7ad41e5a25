"""What builds and checks this repository. Nothing here ships."""

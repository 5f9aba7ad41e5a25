"""One suite for each port: the same facts hold in memory and on the real adapter."""

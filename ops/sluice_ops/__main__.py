"""`python -m sluice_ops`: the `sluice-ops` command where scripts are not on the PATH."""

from sluice_ops.cli import main

if __name__ == "__main__":
    main()

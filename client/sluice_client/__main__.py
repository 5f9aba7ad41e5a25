"""`python -m sluice_client`: the `sluice` command where scripts are not on the PATH."""

from sluice_client.cli import main

if __name__ == "__main__":
    main()

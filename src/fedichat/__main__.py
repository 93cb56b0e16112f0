"""`python -m fedichat` is the same as `fedichat`."""

import sys

from fedichat.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

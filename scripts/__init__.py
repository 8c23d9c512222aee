"""What is run beside the product: setting up, tests, training, benchmarks."""

import sys

if sys.flags.optimize:
    raise SystemExit("These scripts need asserts and docstrings: run them without -O and PYTHONOPTIMIZE.")

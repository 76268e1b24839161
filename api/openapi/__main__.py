"""`python -m api.openapi` writes the document to standard output, as `schemas/published/openapi.json` keeps it."""

import sys

from api.openapi.published import written

if __name__ == "__main__":
    sys.stdout.buffer.write(written())

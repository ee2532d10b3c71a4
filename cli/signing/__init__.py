"""Why a signature does not fit: pure reasoning about bytes, secrets, URLs and times."""

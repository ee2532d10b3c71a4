"""How long one AWS call can take, whichever client makes it."""

CONNECT_SECONDS = 0.8
READ_SECONDS = 1.2
ATTEMPTS = 2
# A client waits up to one second before its second attempt.
BACKOFF_SECONDS = 1.0
# The longest that one call can take. The handler begins no call that could end after its answer
# is due (see handler.receive), so it never waits for three hanging calls in a row.
CALL_SECONDS = ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + BACKOFF_SECONDS

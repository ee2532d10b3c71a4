"""Plant each flaw of other receivers in a copy of the code, and check that a test fails."""

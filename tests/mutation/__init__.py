"""Mutants of the receiving path and the ledger: small changes that a test must notice."""

"""Payloads as real senders write them, each with its right outcome, decided before it was tried."""

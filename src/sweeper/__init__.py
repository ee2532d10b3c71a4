"""Sends events again that were stored but never sent, and records dead letters as *failed*."""

"""Reads of the events table, as plain documents: the JSON that docs/cli.md describes.

Only queries and gets by key; nothing scans the table, and nothing here writes.
"""

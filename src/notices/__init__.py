"""Notices to people, and the SNS topic that they are published on."""

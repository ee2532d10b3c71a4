"""Deliveries of published events: HTTPS POSTs with a Standard Webhooks signature."""

"""RESENDING: what was stored but never sent, is sent again; what died is written down."""

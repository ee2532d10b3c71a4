"""ACTING: one module for each kind of event, and nothing else. This listing is the feature list."""

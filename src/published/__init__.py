"""The one form in which events leave the system, and the bus that they leave by."""

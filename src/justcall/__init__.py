"""WHAT JUSTCALL SENDS: bytes in, values out. No AWS, no clock, no environment."""

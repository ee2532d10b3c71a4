"""Keeps the recordings, voicemails and media that published events link to."""

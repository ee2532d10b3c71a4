"""Recordings, voicemails and media: their links, the bucket they are kept in, and their state."""

"""Tells people of missed calls, voicemails, texts and failed events, at once or by a digest."""

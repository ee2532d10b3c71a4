"""Notifies people of missed calls, voicemails, texts and failed events, at once or hourly."""

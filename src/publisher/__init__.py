"""The publisher: takes processed events from the table's stream to the event bus."""

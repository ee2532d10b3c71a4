"""Messages, their queues, and the consumer that all processors share."""

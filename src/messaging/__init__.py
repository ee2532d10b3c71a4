"""CARRYING: messages, their queues, and the consumer that every processor shares."""

"""What people are told, and the topic that tells them."""

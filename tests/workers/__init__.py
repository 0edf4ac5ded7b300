"""What runs away from the chat."""

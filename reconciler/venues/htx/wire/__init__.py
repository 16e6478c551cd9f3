"""Values to the text of requests, and back."""

"""One value, several views: text for a terminal, JSON, and what differs between two of them."""

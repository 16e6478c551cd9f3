"""What the venue answers, read strictly."""

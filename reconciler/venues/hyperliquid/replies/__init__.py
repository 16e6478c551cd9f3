"""What Hyperliquid says, as values."""

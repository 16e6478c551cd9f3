"""Commands as Hyperliquid's signed actions, and back."""

"""Plan and apply for resting exchange orders: declared books in, reviewed actions out."""

__version__ = "0.1.0"

__all__ = ["__version__"]

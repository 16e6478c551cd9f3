"""How large a file may be. A file that is larger is refused, whatever it says."""

__all__ = ["DEPTH_MAX", "FILE_BYTES_MAX", "NODES_MAX", "SCALAR_CHARACTERS_MAX"]

FILE_BYTES_MAX = 18 * 1024 * 1024  # 100,000 written-out orders of 8 keys pass, with a little room
NODES_MAX = 3_000_000  # keys and values
DEPTH_MAX = 20
SCALAR_CHARACTERS_MAX = 4_096

"""What is on the disk."""

from tests.simulation.mutants import Mutant, Patch

__all__ = ["RECORDING"]

FOLDER = "reconciler/statefile/folder.py"

RECORDING: tuple[Mutant, ...] = (
    Mutant(
        "no-compare-and-swap",
        "the lock is safety enough",
        (
            Patch(
                FOLDER,
                "            if not _is_at(end, state):\n"
                "                raise _lost(self.journal, end, state)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "journal-not-synced",
        "what was written is on the disk",
        (
            Patch(
                FOLDER,
                "        self._disk.sync(fd)\n",
                "",
            ),
        ),
    ),
    Mutant(
        "failed-write-taken-as-written",
        "an error of the disk is passed over",
        (
            Patch(
                FOLDER,
                "            except OSError as problem:\n"
                "                raise _unwritable(self.journal, problem, is_maybe_written=True) "
                "from None\n\n    def save",
                "            except OSError:\n                pass\n\n    def save",
            ),
        ),
    ),
    Mutant(
        "checkpoint-taken-for-the-truth",
        "the checkpoint is always the newest",
        (
            Patch(
                FOLDER,
                "        return replay(at, lines)\n\n    def _replay",
                "        return at\n\n    def _replay",
            ),
        ),
    ),
)

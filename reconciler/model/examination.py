"""What `doctor` asks of a venue entry, and what it finds: facts in words, sound or not."""

from dataclasses import dataclass

from reconciler.diagnostics import Diagnostic

__all__ = ["Examination", "Finding", "Refusal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A request that the venue refused for who signed it.

    Attributes:
        text: the venue's words, untrusted.
        body: the unsigned request as it is on record; empty when it is not known.
        signer: public name of the key that signed it, as on record.
        at_ms: when that was, 0 when it is not known.
    """

    text: str
    body: str = ""
    signer: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What the project wants of a venue entry.

    Attributes:
        instruments: those that its specs name.
        options: the venue's own options of its specs, each once.
        refusal: the newest one that nothing has followed since, or one that a person asks about.
    """

    instruments: frozenset[str] = frozenset()
    options: frozenset[tuple[tuple[str, str], ...]] = frozenset()
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: a word or two, such as ``clock``.
        said: what was found, for people; may hold text of the venue, untrusted.
        problem: what is wrong with it, or None.
        is_skipped: it could not be looked at, and nothing is wrong with that.
    """

    subject: str
    said: str
    problem: Diagnostic | None = None
    is_skipped: bool = False

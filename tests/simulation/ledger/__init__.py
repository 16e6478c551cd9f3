"""The ledger of mutants: protocols somebody might think are good enough.

Those that others lost money with are among them: timeouts taken as failures, fresh nonces on
retries, filled orders bought again. Real defects of this program that the simulation found come
back as mutants too.
"""

from tests.simulation.ledger.evidence import EVIDENCE
from tests.simulation.ledger.htx import HTX
from tests.simulation.ledger.planning import PLANNING
from tests.simulation.ledger.recording import RECORDING
from tests.simulation.ledger.sending import SENDING
from tests.simulation.ledger.wishing import WISHING

__all__ = ["LEDGER"]

LEDGER = (*SENDING, *EVIDENCE, *PLANNING, *RECORDING, *WISHING, *HTX)

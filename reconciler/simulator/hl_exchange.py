"""Hyperliquid's `/exchange`: a signed action in, a reply out.

The order of things: parse, recover the signer, admit (nonce, expiry, budget), execute.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from reconciler.simulator import hl_accounts, hl_actions, hl_trading
from reconciler.simulator import hl_replies as replies
from reconciler.simulator.accounts import Account
from reconciler.simulator.admission import admit, admit_user_signed
from reconciler.simulator.delivery import Performed
from reconciler.simulator.hl_actions import Action, Json
from reconciler.simulator.hl_envelope import Envelope, Recover, batch_length
from reconciler.simulator.hl_signing import Network, Unrecoverable, chain_name
from reconciler.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """How signers are told apart.

    Attributes:
        recover: tells the signer of an envelope.
        network: which network's signatures count.
    """

    recover: Recover
    network: Network


def perform(
    world: World, gate: Gate, envelope: Envelope, *, batch_limit: int | None = None
) -> Performed:
    """Carry out one envelope at the world's present time.

    Args:
        batch_limit: execute this many items of a batch at most; a fault asks for it.
    """
    try:
        signer = gate.recover(envelope, gate.network)
    except Unrecoverable:
        return Performed(reply=replies.err("Unable to recover signer."))
    admission = (admit_user_signed if envelope.is_user_signed else admit)(world, envelope, signer)
    account = admission.account
    if admission.refusal is not None or account is None:
        return Performed(
            reply=replies.err(admission.refusal or "refused"),
            signer=signer,
            account=account.address if account else None,
        )
    action = envelope.action
    if batch_limit is not None:
        action = hl_trading.shortened(action, batch_limit)
    reply = _execute(world, gate, account, action)
    return Performed(reply=reply, signer=signer, account=account.address, is_executed=True)


def _execute(world: World, gate: Gate, account: Account, action: Action) -> Json:
    refused = hl_trading.too_long(world, batch_length(action))
    if refused is not None:
        return refused
    try:
        match action:
            case hl_actions.Order():
                return hl_trading.perform_order(world, account, action)
            case hl_actions.Cancel():
                return hl_trading.perform_cancel(world, account, action)
            case hl_actions.Modify():
                return hl_trading.perform_modify(world, account, action)
            case hl_actions.ApproveAgent() | hl_actions.ApproveBuilderFee():
                return _execute_user_signed(world, gate, account, action)
            case _:
                return _execute_other(world, account, action)
    except hl_trading.UnknownAsset as error:
        return replies.err(str(error))


def _execute_user_signed(
    world: World, gate: Gate, account: Account, action: hl_actions.UserAction
) -> Json:
    if action.chain != chain_name(gate.network):
        return replies.err("Invalid hyperliquidChain")  # (invented)
    if isinstance(action, hl_actions.ApproveAgent):
        return hl_accounts.perform_approve_agent(world, account, action)
    return hl_accounts.perform_approve_builder_fee(account, action)


def _execute_other(world: World, account: Account, action: hl_actions.OtherAction) -> Json:
    match action:
        case hl_actions.Noop():
            return replies.ok("default")
        case hl_actions.ScheduleCancel():
            return hl_accounts.perform_schedule_cancel(world, account, action)
        case hl_actions.UpdateLeverage():
            return hl_accounts.perform_update_leverage(world, account, action)
        case hl_actions.ReserveRequestWeight():
            return hl_accounts.perform_reserve_weight(world, account, action)
        case hl_actions.CreateSubAccount():
            return hl_accounts.perform_create_sub_account(world, account, action)
        case hl_actions.SubAccountTransfer():
            return hl_accounts.perform_sub_account_transfer(world, account, action)
        case _:
            assert_never(action)

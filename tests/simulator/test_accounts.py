"""Margin, balances, fees and positions; agents, sub-accounts, vaults, leverage."""

from decimal import Decimal
from typing import Any

import pytest

from reconciler.simulator import AccountSeed
from tests.simulator.venue import (
    AGENT,
    ALICE,
    BOB,
    BTC,
    HYPE,
    NOW,
    TESLA,
    Desk,
    desk,
    limit,
)

POOR = "0x" + "d4" * 20
SUB = "0x" + "5b" * 20
OTHER_AGENT = "0x" + "ef" * 20
DAY_MS = 86_400_000
STRANGER = "0x" + "99" * 20


def poor(deposit: int = 100) -> Desk:
    """Return a venue with an account of 100 USDC and nothing else."""
    venue = desk()
    venue.control("add_account", address=POOR, deposit=str(deposit), spot={"USDC": "100"})
    return venue


def leverage(asset: int, value: int, cross: bool = True) -> dict[str, Any]:
    """Return an updateLeverage action."""
    return {"type": "updateLeverage", "asset": asset, "isCross": cross, "leverage": value}


def approve(agent: str, name: str = "", **more: Any) -> dict[str, Any]:
    """Return an approveAgent action; the nonce of the envelope counts."""
    action = {
        "type": "approveAgent",
        "hyperliquidChain": "Testnet",
        "signatureChainId": "0x66eee",
        "agentAddress": agent,
        "agentName": name,
        "nonce": NOW,
    }
    return {**action, **more}


class TestMargin:
    def test_a_resting_order_beyond_margin_is_refused(self) -> None:
        text = "Insufficient margin to place order. asset=0"

        assert text == poor().error("50000", "1", signer=POOR)

    def test_initial_margin_is_value_at_mark_over_leverage(self) -> None:
        """100 USDC at 20x are 2000 USDC, a thirtieth of a BTC at 60000."""
        venue = poor()

        assert "Insufficient" in venue.error("50000", "0.03334", signer=POOR)
        assert venue.rest("50000", "0.03333", signer=POOR)

    def test_resting_orders_share_the_margin(self) -> None:
        venue = poor()
        venue.rest("50000", "0.03", signer=POOR)

        assert "Insufficient" in venue.error("50000", "0.01", signer=POOR)

    def test_orders_on_both_sides_need_the_margin_of_the_larger_side(self) -> None:
        venue = poor()
        venue.rest("50000", "0.03", signer=POOR)

        assert venue.rest("70000", "0.03", buy=False, signer=POOR)

    def test_a_cancelled_order_frees_its_margin(self) -> None:
        venue = poor()
        oid = venue.rest("50000", "0.03", signer=POOR)
        venue.statuses({"type": "cancel", "cancels": [{"a": BTC, "o": oid}]}, POOR)

        assert venue.rest("50000", "0.03", signer=POOR)

    def test_an_immediate_order_beyond_margin_fills_as_far_as_it_allows(self) -> None:
        filled = poor().order(limit("60001", "5", tif="Ioc"), signer=POOR)[0]["filled"]

        assert "0.03333" == filled["totalSz"]

    def test_an_immediate_order_without_any_margin_is_refused(self) -> None:
        text = "Insufficient margin to place order. asset=0"

        assert text == poor(0).error("60001", "5", tif="Ioc", signer=POOR)

    def test_an_immediate_order_may_close_and_turn_a_position(self) -> None:
        venue = poor()
        venue.order(limit("60001", "0.033", tif="Ioc"), signer=POOR)
        filled = venue.order(limit("59999", "0.06", buy=False, tif="Ioc"), signer=POOR)[0]["filled"]

        assert "0.06" == filled["totalSz"]

    def test_a_resting_order_which_lost_its_margin_is_cancelled_at_the_match(self) -> None:
        venue = poor()
        oid = venue.rest("50000", "0.03", signer=POOR)
        venue.control("deposit", account=POOR, amount="-99")
        venue.move("49000")

        assert "marginCanceled" == venue.status(oid, POOR)

    def test_a_resting_order_which_reduces_needs_no_margin(self) -> None:
        venue = poor()
        venue.order(limit("60001", "0.03", tif="Ioc"), signer=POOR)
        oid = venue.rest("61000", "0.03", buy=False, signer=POOR)
        venue.control("deposit", account=POOR, amount="-99")
        venue.move("62000")

        assert "filled" == venue.status(oid, POOR)

    def test_margin_of_other_positions_counts_at_the_match(self) -> None:
        venue = poor()
        venue.order(limit("1919.8", "0.5", a=1, tif="Ioc"), signer=POOR)
        oid = venue.rest("50000", "0.01", signer=POOR)
        venue.control("deposit", account=POOR, amount="-60")
        venue.move("49000")

        assert "marginCanceled" == venue.status(oid, POOR)

    def test_margin_can_be_switched_off(self) -> None:
        venue = poor()
        venue.control("switches", check_margin=False)

        assert venue.rest("50000", "1", signer=POOR)
        assert (
            "5.0"
            == (venue.order(limit("60001", "5", tif="Ioc"), signer=POOR)[0]["filled"]["totalSz"])
        )
        venue.move("49000")
        assert Decimal(6) == venue.position(POOR)

    def test_dexes_have_purses_of_their_own(self) -> None:
        venue = poor()
        venue.control("deposit", account=POOR, amount="-100")

        assert venue.rest("300", "1", a=TESLA, signer=POOR)
        assert "Insufficient" in venue.error("50000", signer=POOR)


class TestSpot:
    def test_a_resting_buy_holds_quote(self) -> None:
        venue = poor()
        venue.rest("40", "2", a=HYPE, signer=POOR)
        balance = venue.info("spotClearinghouseState", POOR)["balances"][0]

        assert ("100.0", "80.0") == (balance["total"], balance["hold"])
        assert "Insufficient spot balance asset=10107" == venue.error(
            "40", "1", a=HYPE, signer=POOR
        )

    def test_a_resting_sell_holds_base(self) -> None:
        venue = desk()
        venue.rest("45", "2", buy=False, a=HYPE)
        balances = venue.info("spotClearinghouseState")["balances"]

        assert "2.0" == next(each["hold"] for each in balances if each["coin"] == "HYPE")

    def test_the_fee_is_taken_from_what_is_received(self) -> None:
        venue = desk()
        venue.order(limit("41.9", "10", a=HYPE, tif="Ioc"))
        venue.order(limit("41.89", "10", buy=False, a=HYPE, tif="Ioc"))
        sold, bought = venue.info("userFills")

        assert ("HYPE", "0.007", "Buy") == (bought["feeToken"], bought["fee"], bought["dir"])
        assert ("USDC", "0.293279", "Sell") == (sold["feeToken"], sold["fee"], sold["dir"])


class TestPositions:
    def test_a_fill_says_what_it_did_to_the_position(self) -> None:
        venue = desk()
        for quantity, is_buy in (
            ("0.02", True),
            ("0.01", False),
            ("0.03", False),
            ("0.01", True),
            ("0.02", True),
            ("0.01", False),
            ("0.01", False),
        ):
            price = "60001" if is_buy else "59999"
            venue.order(limit(price, quantity, buy=is_buy, tif="Ioc"))
        directions = [each["dir"] for each in reversed(venue.info("userFills"))]
        expected = [
            "Open Long",
            "Close Long",
            "Long > Short",
            "Close Short",
            "Short > Long",
            "Close Long",
            "Open Short",
        ]

        assert expected == directions

    def test_a_closed_position_realises_its_profit(self) -> None:
        venue = desk(charge_fees=False)
        venue.buy_position("0.02")
        venue.move("61001")
        venue.order(limit("61000", "0.01", buy=False, tif="Ioc"))
        fill = venue.info("userFills")[0]
        state = venue.info("clearinghouseState")

        assert ("9.99", "0.02") == (fill["closedPnl"], fill["startPosition"])
        assert "10000019.99" == state["marginSummary"]["accountValue"]

    def test_positions_average_their_entry_price(self) -> None:
        venue = desk()
        venue.buy_position("0.01")
        venue.move("62000")
        venue.order(limit("62001", "0.01", tif="Ioc"))
        position = venue.info("clearinghouseState")["assetPositions"][0]["position"]

        assert ("61001.0", "0.02") == (position["entryPx"], position["szi"])

    def test_a_closed_position_vanishes(self) -> None:
        venue = desk()
        venue.buy_position("0.01")
        venue.order(limit("59999", buy=False, tif="Ioc"))

        assert [] == venue.info("clearinghouseState")["assetPositions"]

    def test_perp_fees_are_the_base_tier(self) -> None:
        venue = desk()
        venue.buy_position("0.01")
        oid = venue.rest("59000")
        venue.control("trade", oid=oid)
        maker, taker = venue.info("userFills")

        assert ("0.0885", "0.270005") == (maker["fee"], taker["fee"])


class TestLeverage:
    def test_it_is_set_for_one_instrument(self) -> None:
        venue = desk()
        venue.act(leverage(BTC, 5))
        venue.buy_position("0.01")
        position = venue.info("clearinghouseState")["assetPositions"][0]["position"]

        assert {"type": "cross", "value": 5} == position["leverage"]
        assert "120.0" == position["marginUsed"]

    def test_its_kind_is_fixed_while_a_position_is_open(self) -> None:
        venue = desk()
        venue.buy_position("0.01")
        text = "Cannot switch leverage type with open position."

        assert text == venue.act(leverage(BTC, 5, cross=False))["response"]
        assert "ok" == venue.act(leverage(BTC, 5))["status"]

    def test_an_isolated_position_shows_its_raw_funds(self) -> None:
        venue = desk()
        venue.act(leverage(BTC, 10, cross=False))
        venue.buy_position("0.01")
        shown = venue.info("clearinghouseState")["assetPositions"][0]["position"]["leverage"]

        assert {"type": "isolated", "value": 10, "rawUsd": "-540.0"} == shown

    @pytest.mark.parametrize(
        "action",
        [
            leverage(BTC, 41),
            leverage(BTC, 0),
            leverage(HYPE, 1),
            leverage(TESLA, 5),
            leverage(9_999, 5),
        ],
    )
    def test_what_cannot_be_is_refused(self, action: dict[str, Any]) -> None:
        assert "err" == desk().act(action)["status"]


class TestAgents:
    def test_an_agent_signs_for_its_account(self) -> None:
        venue = desk()
        oid = venue.rest("50000", signer=AGENT)

        assert [oid] == venue.open_oids(ALICE)
        assert [] == venue.open_oids(AGENT)

    def test_a_stranger_does_not_exist(self) -> None:
        text = f"User or API Wallet {STRANGER} does not exist."

        assert {"status": "err", "response": text} == desk().act({"type": "noop"}, STRANGER)

    def test_a_missing_signature_cannot_be_recovered(self) -> None:
        reply = desk().act({"type": "noop"}, signature={"r": "0x0"})

        assert {"status": "err", "response": "Unable to recover signer."} == reply

    def test_an_account_approves_an_agent(self) -> None:
        venue = desk()
        venue.act(approve(OTHER_AGENT, "desk"))

        assert "ok" == venue.act({"type": "noop"}, OTHER_AGENT)["status"]
        assert [{"name": "desk", "address": OTHER_AGENT, "validUntil": None}] == venue.info(
            "extraAgents"
        )

    def test_approving_a_name_again_ends_its_former_agent(self) -> None:
        venue = desk()
        venue.act(approve(OTHER_AGENT))

        assert "does not exist" in venue.act({"type": "noop"}, AGENT)["response"]

    def test_the_zero_address_revokes(self) -> None:
        venue = desk()
        venue.act(approve("0x" + "0" * 40))

        assert "does not exist" in venue.act({"type": "noop"}, AGENT)["response"]

    def test_an_agent_cannot_approve_another(self) -> None:
        reply = desk().act(approve(OTHER_AGENT), AGENT)
        text = f"Must deposit before performing actions. User: {AGENT}"

        assert {"status": "err", "response": text} == reply

    def test_an_approval_takes_no_expiry(self) -> None:
        reply = desk().act(approve(OTHER_AGENT), expiresAfter=NOW + 1)

        assert "Action does not support expires_after" == reply["response"]

    def test_an_approval_names_the_network(self) -> None:
        reply = desk().act(approve(OTHER_AGENT, hyperliquidChain="Mainnet"))

        assert "err" == reply["status"]

    def test_an_expired_agent_works_on_for_a_while(self) -> None:
        venue = desk()
        venue.act(approve(OTHER_AGENT, f"desk valid_until {NOW + DAY_MS}"))
        venue.at_ms = NOW + DAY_MS + 15 * 60_000
        late = venue.act({"type": "noop"}, OTHER_AGENT, nonce=venue.at_ms)["status"]
        venue.at_ms += 1
        over = venue.act({"type": "noop"}, OTHER_AGENT, nonce=venue.at_ms)["status"]

        assert ("ok", "err") == (late, over)

    @pytest.mark.parametrize("until_ms", [NOW, NOW + 181 * DAY_MS])
    def test_an_expiry_lies_within_180_days(self, until_ms: int) -> None:
        reply = desk().act(approve(OTHER_AGENT, f"desk valid_until {until_ms}"))

        assert "Agent valid_until already expired." == reply["response"]

    def test_an_address_is_an_agent_once(self) -> None:
        venue = desk()

        assert "Extra agent already used." == venue.act(approve(AGENT, "again"))["response"]
        assert "Extra agent already used." == venue.act(approve(BOB, "bob"))["response"]

    def test_the_same_agent_can_be_renewed(self) -> None:
        assert "ok" == desk().act(approve(AGENT))["status"]

    def test_a_name_has_sixteen_characters_at_most(self) -> None:
        assert "err" == desk().act(approve(OTHER_AGENT, "a" * 17))["status"]

    def test_named_agents_are_three_and_two_more_per_sub_account(self) -> None:
        venue = desk()
        replies = [venue.act(approve(f"0x{n:040x}", f"n{n}")) for n in range(1, 5)]
        text = "Too many extra agents for cumulative volume traded. Current limit is 3"
        venue.act({"type": "createSubAccount", "name": "more"})

        assert ["ok", "ok", "ok", "err"] == [reply["status"] for reply in replies]
        assert text == replies[3]["response"]
        assert "ok" == venue.act(approve(f"0x{4:040x}", "n4"))["status"]

    def test_a_builder_fee_is_approved(self) -> None:
        venue = desk()
        builder = "0x" + "cc" * 20
        action = {
            "type": "approveBuilderFee",
            "hyperliquidChain": "Testnet",
            "signatureChainId": "0x66eee",
            "maxFeeRate": "0.01%",
            "builder": builder,
            "nonce": NOW,
        }
        venue.act(action)
        order = {"type": "order", "orders": [limit("50000")], "grouping": "na"}

        assert 10 == venue.info("maxBuilderFee", builder=builder)
        assert "resting" in venue.statuses({**order, "builder": {"b": builder, "f": 10}})[0]
        assert "error" in venue.statuses({**order, "builder": {"b": builder, "f": 11}})[0]
        assert "err" == venue.act({**action, "maxFeeRate": "much"})["status"]


class TestVaultsAndSubAccounts:
    def test_a_sub_account_is_created_and_funded(self) -> None:
        venue = desk()
        address = venue.act({"type": "createSubAccount", "name": "grid"})["response"]["data"]
        transfer = {"type": "subAccountTransfer", "subAccountUser": address, "isDeposit": True}
        venue.act({**transfer, "usd": 50_000_000})
        sub = venue.info("subAccounts")[0]

        assert ("grid", ALICE, address) == (sub["name"], sub["master"], sub["subAccountUser"])
        assert "50.0" == sub["clearinghouseState"]["marginSummary"]["accountValue"]
        assert "ok" == venue.act({**transfer, "usd": 20_000_000, "isDeposit": False})["status"]
        assert "err" == venue.act({**transfer, "usd": 40_000_000, "isDeposit": False})["status"]
        assert "err" == venue.act({**transfer, "usd": 1, "subAccountUser": BOB})["status"]

    def test_a_name_of_a_sub_account_is_taken_once(self) -> None:
        venue = desk()
        action = {"type": "createSubAccount", "name": "grid"}

        assert ["ok", "err"] == [venue.act(action)["status"] for _ in range(2)]

    @pytest.mark.parametrize("role", ["vault", "subAccount"])
    def test_the_masters_agent_trades_for_it(self, role: Any) -> None:
        venue = desk()
        venue.simulator.add_account(AccountSeed(address=SUB, role=role, master=ALICE))
        action = {"type": "order", "orders": [limit("50000")], "grouping": "na"}
        venue.act(action, AGENT, vaultAddress=SUB)

        assert ([], 1) == (venue.open_oids(ALICE), len(venue.open_oids(SUB)))

    @pytest.mark.parametrize("vault", [BOB, STRANGER])
    def test_another_address_is_no_vault(self, vault: str) -> None:
        reply = desk().act({"type": "noop"}, vaultAddress=vault)

        assert {"status": "err", "response": f"Vault not registered: {vault}"} == reply

    def test_another_masters_vault_is_not_registered(self) -> None:
        venue = desk()
        venue.control("add_account", address=SUB, role="vault", master=BOB)
        reply = venue.act({"type": "noop"}, vaultAddress=SUB)

        assert f"Vault not registered: {SUB}" == reply["response"]


def test_an_address_is_registered_once() -> None:
    venue = desk()
    for address in (ALICE, AGENT):
        with pytest.raises(ValueError):
            venue.simulator.add_account(AccountSeed(address=address))
        with pytest.raises(ValueError):
            venue.simulator.approve_agent(ALICE, address)
    with pytest.raises(ValueError):
        venue.simulator.approve_agent(STRANGER, OTHER_AGENT)


def test_agents_of_a_seed_have_names_of_their_own() -> None:
    venue = desk()
    seed = AccountSeed(address=POOR, agents=(OTHER_AGENT, STRANGER))
    venue.simulator.add_account(seed)

    assert ["agent2"] == [agent["name"] for agent in venue.info("extraAgents", POOR)]

"""Hypothesis strategies: whole specs and projects as data, and the same with something wrong."""

import copy
from typing import Any

from hypothesis import strategies as st

from reconciler.spec.source import Quoted

JUNK = [
    "", "~", "true", "false", "yes", "True", "0", "-1", "1", "1.5", "007", "1e5", "NaN", "1_000",
    "x", "buy", "gtc", "limit", "hyperliquid", "local", "A_KEY", "btc.dip", "\uff11", "1\n",
    "a" * 60, Quoted("true"), Quoted("1"), Quoted("5.5"), {}, [], {"linear": "2"}, {"env": "A_KEY"},
    {"trigger": "1", "execution": "market"}, "2026-01-01T00:00:00Z", "1000000000000000000000",
]  # fmt: skip
KEYS = ["side", "price", "note", "from", "kind", "env", "a", "X", "linear", "orders", "port"]


def mapping(required: dict[str, Any], optional: dict[str, Any] | None = None) -> Any:
    """Return a strategy of mappings with all of one and some of another set of keys."""
    return st.fixed_dictionaries(required, optional=optional or {})


MONEY = st.builds(
    lambda whole, part: f"{whole}.{part}" if part else str(whole),
    st.integers(min_value=1, max_value=99_999),
    st.sampled_from(["", "5", "25", "001"]),
)
TRIGGER: st.SearchStrategy[Any] = mapping(
    {"trigger": MONEY, "execution": st.sampled_from(["limit", "market"])},
    optional={"price": MONEY, "worst_price": MONEY},
)
POLICIES: dict[str, st.SearchStrategy[Any]] = {
    "post_only": st.sampled_from(["true", "false"]),
    "reduce_only": st.sampled_from(["true", "false"]),
    "on_fill": st.sampled_from(["done", "replenish"]),
    "replenish": mapping({"max_total": MONEY}, optional={"cooldown": st.just("60")}),
    "on_user_cancel": st.sampled_from(["hold", "place_again"]),
    "generation": st.integers(0, 9).map(str),
    "expires_at": st.sampled_from(["2030-01-01T00:00:00Z", "2030-01-01T00:00:00.5+02:00"]),
    "change": st.sampled_from(["modify", "replace"]),
    "options": st.just({"leverage": "5"}),
}
NOTED = {**POLICIES, "note": st.sampled_from(["", "a note", Quoted("12")])}
ORDER: st.SearchStrategy[Any] = mapping(
    {"side": st.sampled_from(["buy", "sell"]), "quantity": MONEY},
    optional={"price": MONEY, "take_profit": TRIGGER, "stop_loss": TRIGGER, **NOTED},
)
LADDER: st.SearchStrategy[Any] = mapping(
    {
        "side": st.sampled_from(["buy", "sell"]),
        "from": MONEY,
        "to": MONEY,
        "levels": st.integers(1, 30).map(str),
        "quantity": MONEY,
    },
    optional={
        "spacing": st.sampled_from(["linear", "geometric"]),
        "weights": st.one_of(
            st.just("equal"),
            st.builds(lambda ratio: {"linear": ratio}, MONEY),
            st.builds(lambda ratio: {"geometric": ratio}, MONEY),
            st.lists(MONEY, min_size=1, max_size=5),
        ),
        **NOTED,
    },
)
NAMES = st.sampled_from(["dip", "low", "top-2", "a_b", "x"])
SPEC = mapping(
    {"version": st.just("1"), "book": st.just("btc"), "venue": st.just("hl")},
    optional={
        "instrument": st.sampled_from(["BTC", "@107", "PURR/USDC", "xyz:TSLA"]),
        "defaults": mapping({}, optional=POLICIES),
        "orders": st.dictionaries(NAMES, ORDER, max_size=3),
        "ladders": st.dictionaries(NAMES, LADDER, max_size=2),
        "position_protection": mapping({"side": st.just("sell")}, optional={"stop_loss": TRIGGER}),
        "moved": st.just([{"from": "btc.old", "to": "btc.dip"}]),
    },
)
ACCOUNT = "0x14791697260e4c9a71f18484c9f997b308e59325"
SECRETS = st.sampled_from(
    [
        {"env": "A_KEY"},
        {"keyring": "reconciler/agent"},
        {"keystore": {"path": "keys/agent.json", "password": {"env": "A_PASSWORD"}}},
    ]
)
VENUE = st.one_of(
    mapping(
        {
            "kind": st.just("hyperliquid"),
            "network": st.just("mainnet"),
            "account": st.just(ACCOUNT),
        },
        optional={"signer": SECRETS, "account_kind": st.just("vault")},
    ),
    st.builds(
        lambda key: {
            "kind": "htx-coin-swap", "network": "mainnet-aws", "access_key": key, "secret_key": key
        },
        SECRETS,
    ),
    st.just({"kind": "other", "network": "somewhere", "account": "me@x"}),
)  # fmt: skip
PROJECT = mapping(
    {
        "version": st.just("1"),
        "project": st.just("p"),
        "venues": st.dictionaries(NAMES, VENUE, min_size=1, max_size=3),
    },
    optional={
        "state": st.sampled_from(
            [{"backend": "local"}, {"backend": "git"}, {"backend": "s3", "bucket": "b"}]
        ),
        "limits": mapping({}, optional={"max_actions": st.just("5"), "max_order_notional": MONEY}),
    },
)


@st.composite
def damaged(draw: st.DrawFn, documents: st.SearchStrategy[Any]) -> Any:
    """Return a document with one to three of its parts replaced, removed or added."""
    document = copy.deepcopy(draw(documents))
    for _ in range(draw(st.integers(1, 3))):
        node = document
        while isinstance(node, (dict, list)) and node and draw(st.booleans()):
            steps = sorted(node) if isinstance(node, dict) else range(len(node))
            below = node[draw(st.sampled_from(list(steps)))]
            if not isinstance(below, (dict, list)):
                break
            node = below
        _damage(draw, node)
    return document


def _damage(draw: st.DrawFn, node: Any) -> None:
    junk = copy.deepcopy(draw(st.sampled_from(JUNK)))
    if isinstance(node, list):
        node.append(junk)
    elif node and draw(st.booleans()):
        key = draw(st.sampled_from(sorted(node)))
        if draw(st.booleans()):
            del node[key]
        else:
            node[key] = junk
    else:
        node[draw(st.sampled_from(KEYS))] = junk

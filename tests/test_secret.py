"""The secret type and the redactor."""

import base64
import copy
import json
import logging
import pickle
from dataclasses import asdict, dataclass
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.secret import MASK, Redactor, Secret

KEY = "0x" + "0123456789abcdef" * 4
TOKEN = 'a/b+c "d"\\é=='


@dataclass(frozen=True)
class Holder:
    key: Secret


SHOWN = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret} {secret!r} {secret:>80}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "in a record": lambda secret: repr(Holder(key=secret)),
    "as data": lambda secret: repr(asdict(Holder(key=secret))),
    "in an error": lambda secret: repr(ValueError("bad", secret)),
    "json by default=str": lambda secret: json.dumps({"key": secret}, default=str),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_secret_does_not_show(show):
    assert KEY not in show(Secret(KEY))
    assert MASK in show(Secret(KEY))


def test_a_secret_is_revealed_on_request():
    assert KEY == Secret(KEY).reveal()


def test_a_secret_has_no_attributes_to_list():
    assert not hasattr(Secret(KEY), "__dict__")


def test_a_secret_is_not_json():
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(Secret(KEY))


@pytest.mark.parametrize("value", [Secret(KEY), Redactor([Secret(KEY)])])
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_that_knows_a_secret_is_pickled(value, protocol):
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(value, protocol)


def test_a_copy_of_a_secret_is_the_secret():
    secret = Secret(KEY)

    assert copy.copy(secret) is secret
    assert copy.deepcopy(secret) is secret


def test_secrets_compare_by_value():
    assert Secret(KEY) == Secret(KEY)
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != Secret(TOKEN)
    assert Secret(KEY) != KEY


def test_a_secret_does_not_show_in_a_log(caplog):
    with caplog.at_level(logging.INFO):
        logging.getLogger("test").info("key %s %r", Secret(KEY), Secret(KEY))

    assert KEY not in caplog.text


def inside_base64(data: bytes, offset: int) -> str:
    return base64.b64encode(b"x" * offset + data + b"tail").decode()


DIGITS = KEY[2:]
SPELLINGS = {
    "as it is": (KEY, KEY),
    "without 0x": (KEY, DIGITS),
    "upper": (KEY, KEY.upper()),
    "mixed": (KEY, "0X" + DIGITS[:32].upper() + DIGITS[32:]),
    "given without 0x": (DIGITS, KEY),
    "with line end": (KEY + "\n", KEY),
    "number": (KEY, str(int(DIGITS, 16))),
    "base64 of bytes": (KEY, base64.b64encode(bytes.fromhex(DIGITS)).decode()),
    "base64 of text": (KEY, base64.b64encode(KEY.encode()).decode()),
    "hex of text": (TOKEN, TOKEN.encode().hex()),
    "hex of text, upper": (TOKEN, TOKEN.encode().hex().upper()),
    "token": (TOKEN, TOKEN),
    "json": (TOKEN, json.dumps(TOKEN)[1:-1]),
    "json, not ascii": (TOKEN, json.dumps(TOKEN, ensure_ascii=False)[1:-1]),
    "python": (TOKEN, repr(TOKEN)[1:-1]),
    "url": (TOKEN, quote(TOKEN, safe="")),
    "url path": (TOKEN, quote(TOKEN)),
    "url form": (TOKEN, quote_plus(TOKEN)),
    "url lower": (TOKEN, quote(TOKEN, safe="").replace("%2F", "%2f").replace("%2B", "%2b")),
    "base64 of a token": (TOKEN, base64.b64encode(TOKEN.encode()).decode()),
    "base64 url-safe": (TOKEN, base64.urlsafe_b64encode(TOKEN.encode()).decode()),
    "base64 unpadded": (TOKEN, base64.b64encode(TOKEN.encode()).decode().rstrip("=")),
    "odd hex": ("0x" + "1" * 33, str(int("1" * 33, 16))),
}


@pytest.mark.parametrize(("secret", "spelling"), SPELLINGS.values(), ids=SPELLINGS)
def test_a_spelling_of_a_secret_is_masked(secret, spelling):
    shown = Redactor([Secret(secret)]).redact(f"before <{spelling}> after")

    assert spelling not in shown
    assert shown.startswith("before <")
    assert shown.endswith("> after")
    assert len(shown) <= len("before <> after") + 12


@pytest.mark.parametrize("offset", range(3))
def test_a_secret_inside_longer_base64_loses_its_middle(offset):
    shown = Redactor([Secret(KEY)]).redact(inside_base64(KEY.encode(), offset))

    assert MASK in shown
    assert len(shown) < 20


def test_what_is_no_secret_stays():
    client_order_id = "0x" + "ab" * 16
    text = f"order {client_order_id} hash 0x{'cd' * 32} of 0x{'ef' * 20}"

    assert text == Redactor([Secret(KEY), Secret("")]).redact(text)


def test_an_empty_redactor_still_masks_signatures():
    shown = Redactor([]).redact("https://h/p?AccessKeyId=a&Signature=4F65x5A2bLyMWVQj3Aqp%3D&z=1")

    assert f"https://h/p?AccessKeyId=a&Signature={MASK}&z=1" == shown


SIGNED = {"action": {"type": "noop"}, "signature": {"r": "0xaa11", "s": "0xbb22", "v": 27}, "n": 1}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(SIGNED),
        json.dumps(SIGNED, indent=2),
        json.dumps(json.dumps(SIGNED)),
        repr(SIGNED),
        json.dumps({**SIGNED, "signature": "aa11bb22"}),
        json.dumps(json.dumps({**SIGNED, "signature": "aa11bb22"})),
    ],
)
def test_a_signature_in_a_payload_is_masked(text):
    shown = Redactor([]).redact(text)

    assert "aa11" not in shown
    assert "bb22" not in shown
    assert "noop" in shown


def test_a_signature_cut_off_is_masked_to_the_end():
    assert '{"signature":***' == Redactor([]).redact('{"signature":{"r":"0xaa11","s":"0xbb')
    assert '{"signature":***' == Redactor([]).redact('{"signature":"0xbb')


def test_a_redactor_does_not_show_what_it_knows():
    redactor = Redactor([Secret(KEY)])

    assert "Redactor()" == repr(redactor)
    assert not hasattr(redactor, "__dict__")


@given(st.text(min_size=8), st.text(), st.text())
def test_a_masked_text_never_contains_the_secret(secret, before, after):
    shown = Redactor([Secret(secret)]).redact(f"{before}{secret}{after}")

    assert secret.strip() not in shown or secret.strip() in MASK


@given(st.text(st.characters()))
def test_a_redactor_takes_any_secret_or_text(text):
    assert isinstance(Redactor([Secret(text)]).redact(text), str)

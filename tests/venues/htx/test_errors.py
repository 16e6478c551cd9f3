"""Every error number: what it says of an order, and what of a cancel."""

import pytest

from reconciler.model.outcome import Accepted, Rejected, RejectReason, Unknown
from reconciler.venues.htx.replies.envelope import MAINTENANCE, Refusal, Said, envelope
from reconciler.venues.htx.replies.errors import TABLE, is_closed, of_cancel, of_order
from reconciler.venues.shape import Malformed

R = RejectReason

OF_ORDERS = {
    R.SHAPE: (1013, 1014, 1030, 1031, 1033, 1034, 1035, 1036, 1037, 1038, 1040, 1041, 1049, 1052,
              1055, 1065, 1066, 1067, 1069, 1072, 1075, 1081, 1082, 1085, 1094, 1349,
              *range(1403, 1410), 1412),
    R.AUTHORITY: (403, 1010, 1012, 1109, 1110, 1113, 1253, *range(12_001, 12_010)),
    R.MARGIN: (1047, 1048, 1090, 1091, 1092, 1093),
    R.OPEN_INTEREST_CAP: (1042, 1043, 1044, 1234, 1235, 1461, 1462),
    R.PRICE_LIMIT: (1039,),
    R.NOT_NOW: (1015, 1016, 1032, 1053, 1054, 1056, 1057, 1058, 1060, 1076, *range(1077, 1081),
                1083, 1084, 1095, 1097, 1411, 1431, MAINTENANCE),
    R.OTHER: (1045, 1059, 1073, 1074, 1086, 1087, 1088, 1100, 1101, 1104, 1105, 1220, 1228, 1233,
              *range(1450, 1456)),
}  # fmt: skip
UNKNOWN = (1000, 1001, 1002, 1003, 1004, 1046, 1050, 1064, 1108)
DONE = (1017, 1051, 1061, 1063, 1071)
PENDING = (1062,)


def test_the_table_has_every_number_and_no_other():
    listed = {code for codes in OF_ORDERS.values() for code in codes}

    assert TABLE.keys() == listed | {*UNKNOWN, *DONE, *PENDING}


@pytest.mark.parametrize(
    ("reason", "code"), [(reason, code) for reason, codes in OF_ORDERS.items() for code in codes]
)
def test_a_refusal_has_its_reason(reason, code):
    outcome = of_order(code, "words")

    assert isinstance(outcome, Rejected)
    assert reason is outcome.reason
    assert outcome == of_cancel(code, "words")


@pytest.mark.parametrize("code", UNKNOWN)
def test_a_number_that_proves_nothing_leaves_it_unknown(code):
    assert isinstance(of_order(code, ""), Unknown)
    assert isinstance(of_cancel(code, ""), Unknown)


@pytest.mark.parametrize("code", [9999, 2, 0, 100_000])
def test_a_number_that_is_not_in_the_table_proves_nothing(code):
    assert isinstance(of_order(code, ""), Unknown)
    assert isinstance(of_cancel(code, ""), Unknown)


@pytest.mark.parametrize("code", DONE)
def test_what_is_gone_needs_no_cancel_and_its_status_says_why(code):
    outcome = of_cancel(code, "")

    assert isinstance(outcome, Rejected)
    assert R.ORDER_GONE is outcome.reason
    assert isinstance(of_order(code, ""), Unknown)


def test_a_cancel_under_way_was_taken():
    assert Accepted() == of_cancel(1062, "")


def test_a_repeated_client_order_id_may_be_our_own_order():
    assert Unknown(cause="the client order id was used before (1050)") == of_order(1050, "x")


@pytest.mark.parametrize("code", [MAINTENANCE, 1056, 1431, 1032])
def test_a_closed_venue_is_told_from_other_refusals(code):
    assert is_closed(code)
    assert not is_closed(1038)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"status":"maintain"}', MAINTENANCE),
        (b'{"status":"error","err_code":1038,"err_msg":"x","ts":1}', 1038),
        (b'{"status":"error","err_code":"1038","err_msg":"x"}', 1038),
        (b'{"code":1032,"msg":"slow","ts":1}', 1032),
        (b'{"code":"1003","message":"invalid signature"}', 1003),
    ],
)
def test_a_refusal_is_read_from_each_form(body, code):
    found = envelope(body)

    assert isinstance(found, Refusal)
    assert code == found.code


@pytest.mark.parametrize(
    "body", [b'{"status":"ok","data":[],"ts":5}', b'{"code":200,"msg":"","data":[],"ts":5}']
)
def test_a_success_is_read_from_each_form(body):
    found = envelope(body)

    assert isinstance(found, Said)
    assert ([], 5) == (found.data, found.at_ms)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{}", b'{"status":"fine"}', b'{"status":"error"}',
     b'{"status":"error","err_code":true}', b'{"status":"error","err_code":"x"}', b"<html>"],
)  # fmt: skip
def test_anything_else_is_unreadable(body):
    with pytest.raises(Malformed):
        envelope(body)

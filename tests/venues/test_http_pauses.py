"""What a venue says of its own limits is waited for, as long as that makes sense."""

from reconciler.venues.http import PAUSE_MAX_MS, HttpClient, HttpRequest
from reconciler.venues.pacing import Quota
from tests.venues.support import NOW_MS, FakeClock, run
from tests.venues.test_http import HOST, Script, ok

QUOTA = Quota(weight=10, window_ms=60_000)


def waited(scope, until_ms):
    clock = FakeClock()
    http = HttpClient(HOST, clock, {"ip": QUOTA}, transport=Script(ok("{}")))
    http.pause(scope, until_ms)
    run(http.send(HttpRequest(path="/", weight=1)))
    return clock.slept


def test_a_scope_that_the_venue_says_is_used_up_waits():
    assert [2_500] == waited("ip", NOW_MS + 2_500)


def test_another_scope_waits_for_nothing():
    assert [] == waited("other", NOW_MS + 9_000)


def test_a_wrong_header_does_not_stop_a_run_for_long():
    assert [PAUSE_MAX_MS] == waited("ip", NOW_MS + 10**9)

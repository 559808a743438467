"""What goes wrong, case by case, and what must come of it. Data only; run.py carries it out.

Every case: the caller gets the right rows (`rows`), one clear error (`error`), or either of both (`either`), within `seconds`; afterwards the
server works as before. `says` are words of which the error must hold one. `counters` are judged on the scripted server's counters.
"""

import dataclasses

QUERY, POLL, CHUNK = "POST */query-request", "GET /queries/*/result", "GET /results/*"
LOGIN, RENEW = "POST */login-request", "POST */token-request"
ORDERS = "SELECT * FROM SALES.PUBLIC.ORDERS"
CHUNKED = "SELECT * FROM MIXED_ROWS_2500"
SLOW = "SELECT * FROM SLOW_1500"


@dataclasses.dataclass
class Case:
    name: str
    faults: list
    expect: str = "rows"
    sql: str = ORDERS
    says: tuple = ()
    seconds: float = 20
    settings: dict = dataclasses.field(default_factory=dict)  # of the scripted server
    counters: object = None  # counters -> what is wrong with them, or ""


def fault(at, times=1, nth=1, sql="", **what):
    return {"at": at, "what": what, "nth": nth, "times": times, "sql": sql}


def on_query(times=1, **what):
    """Strikes the statement itself, not what a session sends before it."""
    return fault(QUERY, times, sql="ORDERS|MIXED_ROWS|SLOW_|INSERT", **what)


def at_least(name, count):
    return lambda counters: "" if counters.get(name, 0) >= count else f"{name} is {counters.get(name, 0)}, below {count}"


def no_token_abroad(counters):
    return f"the token went to another host: {counters}" if counters.get("foreign_requests_with_token") else ""


TOKENS = [
    Case("session token expired: 390112", [on_query(expire="session")], counters=at_least("renewals", 1)),
    Case("session token expired: HTTP 401", [on_query(status=401, body={"code": "390112", "success": False})],
         counters=at_least("renewals", 1)),
    Case("HTTP 401 with a text", [on_query(status=401, body="Unauthorized")], counters=at_least("renewals", 1)),
    Case("renewal answers 503 once", [on_query(expire="session"), fault(RENEW, status=503)]),
    Case("renewal breaks off", [on_query(expire="session"), fault(RENEW, close="before_head")]),
    Case("master token expired", [on_query(expire="both")], counters=at_least("logins", 1)),
    Case("master token expired: 390114 at the renewal", [on_query(expire="session"), fault(RENEW, code="390114")],
         counters=at_least("logins", 1)),
    Case("session gone: 390111", [on_query(end_session=True)], counters=at_least("logins", 1)),
    Case("unknown token: 390104", [on_query(code="390104")]),
    Case("token expired while polling", [on_query(in_progress=3), fault(POLL, expire="session")], counters=at_least("renewals", 1)),
    Case("HTTP 401 while polling", [on_query(in_progress=3), fault(POLL, status=401)], counters=at_least("renewals", 1)),
]

STATUSES = [
    *(Case(f"HTTP {status} once", [on_query(status=status)]) for status in (408, 500, 502, 503, 504)),
    Case("HTTP 429 with Retry-After", [on_query(status=429, headers={"Retry-After": "1"})]),
    Case("HTTP 503 three times", [on_query(3, status=503)], seconds=30),
    Case("HTTP 503 for ever", [on_query(0, status=503)], "error", seconds=40),
    Case("HTTP 429 for ever, retry in an hour", [on_query(0, status=429, headers={"Retry-After": "3600"})], "error", seconds=40),
    Case("HTTP 400", [on_query(0, status=400)], "error"),
    Case("HTTP 403 on a query", [on_query(0, status=403)], "error", seconds=40),
    Case("an HTML page with HTTP 200", [on_query(0, status=200, body="<html>maintenance</html>")], "error", seconds=40),
    Case("redirect 307 to the same place", [on_query(redirect="/queries/v1/query-request?requestId=00000000-0000-4000-8000-00000000abcd")]),
    Case("redirect 308 to the same place", [on_query(redirect="/queries/v1/query-request?requestId=00000000-0000-4000-8000-00000000abce",
                                                     status=308)]),
    Case("redirect in circles", [on_query(0, redirect="circle")], "error", seconds=40),
    Case("redirect to a foreign host", [on_query(0, redirect="FOREIGN*")], "error", counters=no_token_abroad, seconds=40),
]

CONNECTION = [
    *(Case(f"closed {where}{' by reset' if reset else ''}", [on_query(close=where, reset=reset)])
      for where in ("before_head", "in_head", "after_head", "in_body", "before_end") for reset in (False, True)),
    Case("closed before the statement ran", [on_query(close="before_head", execute=False)]),
    Case("closed for ever", [on_query(0, close="before_head")], "error", seconds=40),
    Case("dripped by the byte", [on_query(slow=0.0005, cut=1)], seconds=30),
    Case("answered two times", [on_query(twice=True)]),
    Case("no answer at all", [on_query(0, hang=True)], "error", seconds=40),
]

BODIES = [
    Case("gzip ends early", [on_query(damage={"layer": "gzip", "how": "cut"})], "either"),
    Case("gzip ends early for ever", [on_query(0, damage={"layer": "gzip", "how": "cut"})], "error", seconds=40),
    Case("gzip is corrupt", [on_query(0, damage={"layer": "gzip", "how": "flip"})], "error", seconds=40),
    Case("JSON ends early", [on_query(damage={"layer": "json", "how": "cut"})], "either"),
    Case("JSON ends early for ever", [on_query(0, damage={"layer": "json", "how": "cut"})], "error", seconds=40),
    Case("Arrow ends early", [on_query(0, damage={"layer": "arrow", "how": "cut"})], "error", settings={"format": "arrow"}, seconds=40),
    Case("Arrow's metadata is corrupt", [on_query(0, damage={"layer": "arrow", "how": "flip", "where": 0.02, "bytes": 64})], "error",
         settings={"format": "arrow"}, seconds=40),
    Case("rowset null with rows to come", [on_query(0, patch={"data": {"rowset": None}})], "error", settings={"format": "json"}, seconds=40),
    Case("rowset missing with rows to come", [on_query(0, drop=["data.rowset"])], "error", settings={"format": "json"}, seconds=40),
    Case("a row is too short", [on_query(0, patch={"data": {"rowset": [["1"], ["2"], ["3"]]}})], "error", settings={"format": "json"}),
    Case("a row is too long", [on_query(0, patch={"data": {"rowset": [["1", "a", "1.00", None, "more"]] * 3}})], "error",
         settings={"format": "json"}),
    Case("a cell is not of its type", [on_query(0, patch={"data": {"rowset": [["one", "a", "1.00", None]] * 3}})], "error",
         settings={"format": "json"}),
    Case("no row type", [on_query(0, drop=["data.rowtype"])], "error", settings={"format": "json"}),
    Case("fewer rows than announced", [on_query(0, patch={"data": {"rowset": [["1", "a", "1.00", None]]}})], "error",
         settings={"format": "json"}, seconds=40),
    Case("success without data", [on_query(0, status=200, body={"success": True, "code": None, "data": None, "message": None})], "error"),
]

POLLING = [
    Case("in progress for three polls", [on_query(in_progress=3)]),
    Case("in progress for seconds", [], sql=SLOW, settings={"sync_hold": 0.3, "poll_hold": 0.3}),
    Case("a poll is lost", [on_query(in_progress=2), fault(POLL, close="before_head")]),
    Case("a poll is reset in its answer", [on_query(in_progress=2), fault(POLL, close="in_body", reset=True)]),
    Case("a poll answers 503", [on_query(in_progress=2), fault(POLL, status=503)]),
    Case("in progress without end", [on_query(in_progress={"polls": 100000, "hold": 0.3})], "error", seconds=40,
         counters=lambda counters: "" if counters.get("aborted") or counters.get("aborts_by_request") or counters.get("aborts_by_id")
         else "the query was not aborted"),
    Case("every poll hangs", [on_query(in_progress=2), fault(POLL, 0, hang=True)], "error", seconds=40),
]

CHUNKS = [
    *(Case(f"chunk: HTTP {status} once", [fault(CHUNK, status=status)], sql=CHUNKED) for status in (403, 408, 500, 503)),
    Case("chunk: HTTP 429 once", [fault(CHUNK, status=429, headers={"Retry-After": "1"})], sql=CHUNKED),
    Case("chunk: the URL has expired", [fault(CHUNK, 3, status=403)], "either", sql=CHUNKED, seconds=40),
    Case("chunk: HTTP 404 for ever", [fault(CHUNK, 0, status=404)], "error", sql=CHUNKED, seconds=40),
    Case("chunk: HTTP 403 for ever", [fault(CHUNK, 0, status=403)], "error", sql=CHUNKED, seconds=60),
    *(Case(f"chunk: closed {where}{' by reset' if reset else ''}", [fault(CHUNK, close=where, reset=reset)], sql=CHUNKED)
      for where, reset in (("before_head", False), ("in_head", False), ("in_body", False), ("in_body", True), ("before_end", False))),
    Case("chunk: gzip ends early once", [fault(CHUNK, damage={"layer": "gzip", "how": "cut"})], sql=CHUNKED),
    Case("chunk: gzip is corrupt for ever", [fault(CHUNK, 0, damage={"layer": "gzip", "how": "flip"})], "error", sql=CHUNKED, seconds=60),
    Case("chunk: Arrow ends early for ever", [fault(CHUNK, 0, damage={"layer": "arrow", "how": "cut"})], "error", sql=CHUNKED,
         settings={"format": "arrow"}, seconds=60),
    Case("chunk: an XML error with HTTP 200", [fault(CHUNK, status=200, body="<?xml version=\"1.0\"?><Error><Code>Busy</Code></Error>")],
         sql=CHUNKED),
    Case("chunk: dripped", [fault(CHUNK, slow=0.001, cut=400)], sql=CHUNKED, seconds=30),
    Case("chunk: wrong row count", [on_query(0, patch={"data": {"chunks": []}})], "error", sql=CHUNKED, seconds=40),
]

QUERY_CASES = {"tokens": TOKENS, "statuses": STATUSES, "connection": CONNECTION, "bodies": BODIES, "polling": POLLING, "chunks": CHUNKS}

# A write whose answer is lost: the statement has run. It must not run again, whatever the caller is told.
WRITE_FAULTS = {
    "the answer is lost": {"close": "before_head"},
    "the answer is lost by reset": {"close": "before_head", "reset": True},
    "the head breaks off": {"close": "in_head"},
    "the body breaks off": {"close": "in_body"},
    "HTTP 503 after it ran": {"status": 503, "execute": True},
    "HTTP 504 after it ran": {"status": 504, "execute": True},
    "JSON ends early": {"damage": {"layer": "json", "how": "cut"}},
    "gzip ends early": {"damage": {"layer": "gzip", "how": "cut"}},
    "the session ends after it ran": {"code": "390111", "execute": True},
    "the token ends after it ran": {"code": "390112", "execute": True},
    "no answer": {"hang": True},
}


@dataclasses.dataclass
class LoginCase:
    """One start of the program. `env` over the usual settings; `KEY:name` is the path of a key the scripted server made."""

    name: str
    env: dict
    expect: str = "rows"
    faults: list = dataclasses.field(default_factory=list)
    says: tuple = ()
    seconds: float = 30
    port: str = "driver"
    most_logins: int = 0  # attempts allowed while three callers ask; 0: any


def key(path, **more):
    return {"SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT", "SNOWFLAKE_PASSWORD": "", "SNOWFLAKE_PRIVATE_KEY_PATH": f"KEY:{path}", **more}


def method(name, **more):
    return {"SNOWFLAKE_AUTHENTICATOR": name, "SNOWFLAKE_PASSWORD": "", **more}


TLS = {"SNOWFLAKE_PROTOCOL": "https", "SNOWFLAKE_HOST": "localhost"}

LOGIN_CASES = [
    LoginCase("password", {}),
    LoginCase("key pair: RSA", key("rsa")),
    LoginCase("key pair: DER", key("rsa_der")),
    LoginCase("key pair: encrypted", key("rsa_encrypted", SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="KEY:passphrase")),
    LoginCase("key pair: EC", key("ec")),
    LoginCase("programmatic access token", method("PROGRAMMATIC_ACCESS_TOKEN", SNOWFLAKE_TOKEN="pat-good")),
    LoginCase("OAuth token", method("OAUTH", SNOWFLAKE_TOKEN="oauth-good")),
    LoginCase("workload identity", method("WORKLOAD_IDENTITY", SNOWFLAKE_TOKEN="attestation-good", SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER="OIDC")),
    LoginCase("OAuth client credentials", method("OAUTH_CLIENT_CREDENTIALS", SNOWFLAKE_OAUTH_CLIENT_ID="app", SNOWFLAKE_OAUTH_CLIENT_SECRET="s",
                                                 SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL="ORIGIN/oauth/token-request")),
    LoginCase("TLS with a private CA", {**TLS, "CLIENT_CA_FILE": "CA"}, port="tls_right"),
    LoginCase("login answers 503 twice", {}, faults=[fault(LOGIN, 2, status=503)]),
    LoginCase("login answers 429", {}, faults=[fault(LOGIN, status=429, headers={"Retry-After": "1"})]),
    LoginCase("login breaks off", {}, faults=[fault(LOGIN, close="in_head")]),
    LoginCase("wrong password", {"SNOWFLAKE_PASSWORD": "wrong"}, "error", says=("password", "SNOWFLAKE_PASSWORD"), most_logins=1),
    LoginCase("locked user", {"SNOWFLAKE_USER": "LOCKED_OUT"}, "error", says=("locked",), most_logins=1),
    LoginCase("a key nobody registered", key("unknown"), "error", says=("key",), most_logins=2),
    LoginCase("wrong passphrase", key("rsa_encrypted", SNOWFLAKE_PRIVATE_KEY_PASSPHRASE="no"), "error",
              says=("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",)),
    LoginCase("no such key file", {**key("rsa"), "SNOWFLAKE_PRIVATE_KEY_PATH": "no-such-file.p8"}, "error", says=("SNOWFLAKE_PRIVATE_KEY_PATH",)),
    LoginCase("clock skew", key("rsa"), "error", faults=[fault(LOGIN, 0, code="394302", message="JWT token is not yet valid.")],
              says=("clock",)),
    LoginCase("clock skew: 390144", key("rsa"), "error", faults=[fault(LOGIN, 0, code="390144", message="JWT token is invalid.")],
              says=("clock", "key")),
    LoginCase("expired OAuth token", method("OAUTH", SNOWFLAKE_TOKEN="oauth-expired"), "error", says=("SNOWFLAKE_TOKEN", "expired"), most_logins=2),
    LoginCase("invalid access token", method("PROGRAMMATIC_ACCESS_TOKEN", SNOWFLAKE_TOKEN="pat-bad"), "error", says=("token",), most_logins=2),
    LoginCase("HTTP 403 at login", {}, "error", faults=[fault(LOGIN, 0, status=403)], says=("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_HOST", "network policy")),
    LoginCase("wrong role", {"SNOWFLAKE_ROLE": "NO_SUCH_ROLE"}, "error", says=("SNOWFLAKE_ROLE",), most_logins=1),
    LoginCase("wrong warehouse", {"SNOWFLAKE_WAREHOUSE": "NO_SUCH_WH"}, "error", says=("SNOWFLAKE_WAREHOUSE",)),
    LoginCase("wrong database", {"SNOWFLAKE_DATABASE": "NO_SUCH_DB"}, "error", says=("SNOWFLAKE_DATABASE",)),
    LoginCase("wrong account", {"SNOWFLAKE_HOST": "", "SNOWFLAKE_ACCOUNT": "no such account"}, "error", says=("SNOWFLAKE_ACCOUNT",)),
    LoginCase("expired key", key("rsa"), "error", faults=[fault(LOGIN, 0, code="394301", message="JWT token has expired.")],
              says=("SNOWFLAKE_PRIVATE_KEY", "clock"), most_logins=2),
    LoginCase("wrong user", {"SNOWFLAKE_USER": ""}, "error", says=("SNOWFLAKE_USER",)),
    LoginCase("a proxy that nobody runs", {**TLS, "CLIENT_CA_FILE": "CA", "NO_PROXY": "none.invalid", "HTTPS_PROXY": "http://127.0.0.1:1"},
              "error", says=("HTTPS_PROXY", "proxy"), port="tls_right", seconds=60),
    LoginCase("login never answers", {}, "error", faults=[fault(LOGIN, 0, hang=True)], seconds=60),
    LoginCase("redirect at login to a foreign host", {}, "error", faults=[fault(LOGIN, 0, redirect="FOREIGN*")], seconds=60),
    LoginCase("nobody listens", {"SNOWFLAKE_PORT": "1"}, "error", seconds=60),
    LoginCase("certificate of an unknown CA", {**TLS, "CLIENT_CA_FILE": "CA"}, "error", port="tls_unknown_ca", says=("certificate",)),
    LoginCase("certificate of another name", {**TLS, "CLIENT_CA_FILE": "CA"}, "error", port="tls_wrong_name", says=("certificate", "name")),
    LoginCase("certificate out of date", {**TLS, "CLIENT_CA_FILE": "CA"}, "error", port="tls_expired", says=("certificate", "expired")),
    LoginCase("certificate of a private CA that is not trusted", TLS, "error", port="tls_right", says=("certificate",)),
]

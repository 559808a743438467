"""Recorded conversations (wiremock/mappings): which files make a scene, what is asked in it, and what must come of it.

`rows` are what the statement answers, in the drivers' text form; `error` is a word of the error. A driver plays a scene to prove that it is one;
`drivers` names those that can (their own documents say why the others cannot), `ours` whether snowflake-mcp must too.
"""

import dataclasses

ALL = ("python-4", "go")


@dataclasses.dataclass
class Scene:
    name: str
    files: tuple
    sql: str = "select 1"
    rows: list = None
    count: int = 0
    error: str = ""
    env: dict = dataclasses.field(default_factory=dict)  # how snowflake-mcp logs in; unset: with the password
    job: dict = dataclasses.field(default_factory=dict)  # the same for a driver's job
    step: dict = None  # what a driver does instead of the query
    drivers: tuple = ALL
    ours: bool = True
    must_ask: tuple = ()  # paths that must have been asked


def scene(name, login="auth/password/successful", query="query/select_1", **more):
    return Scene(name, (login, query, "query/context", "session/close", "session/heartbeat", "session/telemetry"), **more)


ONE = [["1"]]
SCENES = [
    scene("password", rows=ONE, must_ask=("/session?delete=true",)),
    scene("wrong password", "auth/password/wrong", error="password"),
    scene("locked user", "auth/password/locked", error="locked"),
    scene("key pair", "auth/keypair/successful", rows=ONE, job={"private_key": "KEY"},
          env={"SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT", "SNOWFLAKE_PRIVATE_KEY_PATH": "KEY", "SNOWFLAKE_PASSWORD": ""}),
    scene("key pair refused", "auth/keypair/invalid", error="JWT", job={"private_key": "KEY"},
          env={"SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT", "SNOWFLAKE_PRIVATE_KEY_PATH": "KEY", "SNOWFLAKE_PASSWORD": ""}),
    scene("programmatic access token", "auth/pat/successful", rows=ONE, drivers=(),
          env={"SNOWFLAKE_AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "SNOWFLAKE_TOKEN": "some PAT", "SNOWFLAKE_PASSWORD": ""}),
    scene("programmatic access token refused", "auth/pat/invalid", error="token", drivers=(),
          env={"SNOWFLAKE_AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "SNOWFLAKE_TOKEN": "bad PAT", "SNOWFLAKE_PASSWORD": ""}),
    scene("OAuth", "auth/oauth/successful", rows=ONE, drivers=(),
          env={"SNOWFLAKE_AUTHENTICATOR": "OAUTH", "SNOWFLAKE_TOKEN": "access token", "SNOWFLAKE_PASSWORD": ""}),
    scene("OAuth expired", "auth/oauth/expired", error="expired", drivers=(),
          env={"SNOWFLAKE_AUTHENTICATOR": "OAUTH", "SNOWFLAKE_TOKEN": "old token", "SNOWFLAKE_PASSWORD": ""}),
    scene("403 at login", "auth/forbidden", error="403"),
    scene("redirect at login", "auth/redirect_307", rows=ONE),
    scene("login answers 503 once", "auth/retried", rows=ONE),
    scene("types", query="query/select_types", sql="select * from some_types",
          rows=[["12345678901234567890", "-0.50", "Zoë", "true", "1969-12-31", "1969-12-31T23:59:58.9", "2023-11-14T23:13:20+01:00", "CAFE",
                 '{"a":1}'], [None] * 9], drivers=("python-4",)),
    scene("SQL error", query="query/sql_error", sql="select 1 from", error="syntax error"),
    scene("session token expired: 390112", query="query/renewal_390112", rows=ONE, must_ask=("/session/token-request",)),
    scene("HTTP 401", query="query/unauthorized_401", rows=ONE, drivers=("python-5",), must_ask=("/session/token-request",)),
    scene("session gone: 390111", query="query/relogin_390111", rows=ONE, drivers=()),
    scene("redirect 307", query="query/redirect_307", rows=ONE),
    scene("redirect 308", query="query/redirect_308", rows=ONE),
    scene("503, then a reset", query="query/retried_503", rows=ONE),
    scene("in progress", query="query/long_running", rows=ONE, must_ask=("/result",)),
    scene("asynchronous: 333334", query="query/async_333334", rows=ONE, step={"async": "select 1"},
          must_ask=("01ba0000-0000-4000-8000-0000000000aa",)),
    scene("chunks", query="query/chunks", sql="select * from a_thousand_rows", count=1000),
    scene("rowset missing", query="query/missing_rowset", error="row", drivers=()),
    scene("several statements", query="query/multi_statement", step={"multi": "select 1; select 2", "count": 2}, ours=False,
          rows=[[["1"]], [["2"]]], drivers=("python-4", "python-5")),
    scene("abort", query="query/abort", error="cancel", step={"cancel": "select 1", "after": 1}, ours=False, drivers=("node", "jdbc"),
          must_ask=("abort-request",)),
]

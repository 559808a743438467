"""Logins, tokens and sessions: login-request with every authenticator, authenticator-request, token-request, heartbeat, log-out."""

import dataclasses
import html
import itertools
import secrets
import time
import urllib.parse
import uuid

from . import catalog, keys
from .http import Reply

# Log-in parameters that drivers look for (JDBC wants AUTOCOMMIT), and the rest of what steers answers here.
PARAMETERS = {
    "AUTOCOMMIT": True, "TIMEZONE": "America/Los_Angeles", "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600, "CLIENT_PREFETCH_THREADS": 4, "CLIENT_RESULT_CHUNK_SIZE": 160,
    "CLIENT_TELEMETRY_ENABLED": False, "QUERY_CONTEXT_CACHE_SIZE": 5, "STATEMENT_TIMEOUT_IN_SECONDS": 172800,
    "MULTI_STATEMENT_COUNT": 1, "JSON_INDENT": 2, "STRICT_JSON_OUTPUT": False, "BINARY_OUTPUT_FORMAT": "HEX",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD", "TIME_OUTPUT_FORMAT": "HH24:MI:SS",
    "TIMESTAMP_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_LTZ_OUTPUT_FORMAT": "", "TIMESTAMP_TZ_OUTPUT_FORMAT": "", "QUERY_TAG": "", "ABORT_DETACHED_QUERY": False,
}
RESULT_FORMAT_OF = {  # by CLIENT_APP_ID: the parameter that steers it, and its default
    "PythonConnector": ("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "ARROW"), "Go": ("GO_QUERY_RESULT_FORMAT", "ARROW"),
    "JDBC": ("JDBC_QUERY_RESULT_FORMAT", "ARROW"), "ODBC": ("ODBC_QUERY_RESULT_FORMAT", "ARROW"),
    "C API": ("C_API_QUERY_RESULT_FORMAT", "ARROW"), "JavaScript": ("JAVASCRIPT_QUERY_RESULT_FORMAT", "JSON"),
    ".NET": ("DOTNET_QUERY_RESULT_FORMAT", "ARROW"),
}
PROVIDERS = ("AWS", "AZURE", "GCP", "OIDC")
numbers = itertools.count(1)


class Refused(Exception):
    """An answer with `success: false`."""

    def __init__(self, code, message, data=None, status=200):
        super().__init__(message)
        self.code, self.message, self.data, self.status = code, message, data, status

    def reply(self):
        return Reply.of({"data": self.data, "code": self.code, "message": self.message, "success": False, "headers": None}, self.status)


def ok(data):
    return Reply.of({"data": data, "code": None, "message": None, "success": True})


@dataclasses.dataclass
class Session:
    number: int
    user: str
    account: str
    app: str
    context: dict  # database, schema, warehouse, role, secondary_roles
    parameters: dict
    token: str = ""
    master: str = ""
    token_ends: float = 0
    master_ends: float = 0
    alive: bool = True
    unfit: str = ""  # set: a login parameter that is no plain value

    def parameter_list(self):
        return [{"name": name, "value": value} for name, value in self.parameters.items()]

    def result_format(self, statement_parameters):
        """`JSON` or `ARROW`. A client that is not known gets Arrow only when a parameter of any name asks for it."""
        merged = self.parameters | {name.upper(): value for name, value in statement_parameters.items()}
        if self.app in RESULT_FORMAT_OF:
            name, default = RESULT_FORMAT_OF[self.app]
            wanted = merged.get(name, default)
        else:
            asked = [value for name, value in merged.items() if name.endswith("QUERY_RESULT_FORMAT")]
            wanted = "ARROW" if any(str(value).upper().startswith("ARROW") for value in asked) else "JSON"
        return "ARROW" if str(wanted).upper().startswith("ARROW") else "JSON"


class Sessions:
    """All sessions by token, and how to become one."""

    def __init__(self, settings, counters):
        self.settings, self.counters = settings, counters
        self.by_token, self.by_master, self.all = {}, {}, []
        self.public_keys = []
        self.issued = {"id": set(), "mfa": set(), "saml": set(), "sso": {}, "code": {}, "access": set(), "refresh": set()}

    # --- who asks

    def of(self, request):
        """The session of the request's token; Refused when it has none that is valid."""
        token = self.token_in(request)
        session = self.by_token.get(token)
        if session is None:
            raise Refused("390104", "Session token is invalid.")
        if not session.alive:
            raise Refused("390111", "Session no longer exists. New login required to access the service.")
        if time.monotonic() > session.master_ends:
            raise Refused("390114", "Authentication token has expired. The user must authenticate again.")
        if token != session.token or time.monotonic() > session.token_ends:
            raise Refused("390112", "Session token has expired. Renew it with the master token.")
        return session

    @staticmethod
    def token_in(request):
        header = request.header("authorization")
        prefix = 'Snowflake Token="'
        if not header.startswith(prefix) or not header.endswith('"'):
            raise Refused("390103", "Session token was not specified in the request.", status=401)
        return header[len(prefix):-1]

    # --- what tests do to them

    def expire(self, what, session=None):
        """Ends tokens early: `session`, `master` or `both`, of one session or of all."""
        for one in [session] if session else self.all:
            if what in ("session", "both"):
                one.token_ends = 0
            if what in ("master", "both"):
                one.master_ends = one.token_ends = 0

    def end(self, session=None):
        for one in [session] if session else self.all:
            one.alive = False

    # --- login

    def login(self, request):
        self.counters.add("login_attempts")
        data = request.json.get("data") if isinstance(request.json, dict) else None
        if not isinstance(data, dict):
            raise Refused("390400", "Bad request: no data.")
        if request.header("authorization").startswith("Snowflake") and "None" not in request.header("authorization"):
            raise Refused("390400", "Bad request: a session token at login.")
        try:
            extra = self.authenticate(data)
        except Refused:
            self.counters.add("login_failures")
            raise
        if extra.get("nextAction"):
            return ok(extra)
        role = folded(request.query.get("roleName"))
        if role and role not in catalog.ROLES:
            self.counters.add("login_failures")
            raise Refused("390189", f"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local "
                                    "system administrator, or attempt to login with another role, e.g. PUBLIC.")
        session = self.open(data, request.query)
        self.counters.add("logins")
        context = session.context
        return ok({
            "token": session.token, "masterToken": session.master, "validityInSeconds": self.settings.token_seconds,
            "masterValidityInSeconds": self.settings.master_seconds, "sessionId": session.number,
            "displayUserName": session.user, "serverVersion": "9.99.9", "firstLogin": False, "remMeToken": None,
            "remMeValidityInSeconds": 0, "healthCheckInterval": 45, "newClientForUpgrade": None, "idToken": None,
            "idTokenValidityInSeconds": 0, "mfaToken": None, "mfaTokenValidityInSeconds": 0, "responseData": None,
            "parameters": session.parameter_list(),
            "sessionInfo": {"databaseName": context["database"], "schemaName": context["schema"],
                            "warehouseName": context["warehouse"], "roleName": context["role"]},
            **extra,
        })

    def open(self, data, query):
        number = 10_000_000_000_000_000 + next(numbers)
        asked = data.get("SESSION_PARAMETERS") or {}
        context = {
            "database": catalog.there(folded(query.get("databaseName")), catalog.DATABASES), "schema": folded(query.get("schemaName")),
            "warehouse": catalog.there(folded(query.get("warehouse")), catalog.WAREHOUSES), "role": folded(query.get("roleName")) or self.settings.default_role,
            "secondary_roles": "ALL",
        }
        parameters = PARAMETERS | {str(name).upper(): value for name, value in asked.items()}
        session = Session(number, folded(data.get("LOGIN_NAME")) or "TOKEN_USER", data.get("ACCOUNT_NAME") or "",
                          str(data.get("CLIENT_APP_ID")), context, parameters)
        self.all.append(session)
        self.issue(session)
        return session

    def issue(self, session):
        session.token = f"ver:3-hint:{session.number}-session-{secrets.token_hex(24)}"
        session.master = f"ver:3-hint:{session.number}-master-{secrets.token_hex(24)}"
        session.token_ends = time.monotonic() + self.settings.token_seconds
        session.master_ends = time.monotonic() + self.settings.master_seconds
        self.by_token[session.token] = self.by_master[session.master] = session

    # --- authenticators

    def authenticate(self, data):
        """What the login answer holds beside the usual; Refused when the body would not log in."""
        if not isinstance(data.get("SESSION_PARAMETERS", {}), dict):
            raise Refused("390400", "Bad request: SESSION_PARAMETERS is no object.")
        kind = str(data.get("AUTHENTICATOR") or "SNOWFLAKE")
        if data.get("RAW_SAML_RESPONSE"):
            kind = "OKTA"
        check = {
            "SNOWFLAKE": self.password, "USERNAME_PASSWORD_MFA": self.password, "SNOWFLAKE_JWT": self.jwt, "OAUTH": self.oauth,
            "PROGRAMMATIC_ACCESS_TOKEN": self.access_token, "EXTERNALBROWSER": self.browser, "ID_TOKEN": self.id_token,
            "OKTA": self.saml, "WORKLOAD_IDENTITY": self.workload,
        }.get(kind.upper())
        if check is None:
            raise Refused("390400", f"Bad request: authenticator {kind}.")
        return check(data) or {}

    def password(self, data):
        user, password = folded(data.get("LOGIN_NAME")), data.get("PASSWORD")
        if not user or (password is None and not data.get("TOKEN")):
            raise Refused("390400", "Bad request: LOGIN_NAME or PASSWORD is missing.")
        if user.startswith("LOCKED"):
            raise Refused("390102", "Your user account has been temporarily locked. Try again later or contact your local system "
                                    "administrator.", {"nextAction": "RETRY_LOGIN", "authnMethod": "USERNAME_PASSWORD"})
        passcode = data.get("PASSCODE")
        if data.get("EXT_AUTHN_DUO_METHOD") == "passcode" and not passcode and password:
            password, passcode = password[:-6], password[-6:]
        if password not in (self.settings.password, *self.settings.access_tokens) and data.get("TOKEN") not in self.issued["mfa"]:
            raise Refused("390100", "Incorrect username or password was specified.",
                          {"nextAction": "RETRY_LOGIN", "authnMethod": "USERNAME_PASSWORD", "signInOptions": {}})
        if not user.startswith("MFA"):
            return {}
        return self.second_factor(data, passcode)

    def second_factor(self, data, passcode):
        """Users whose name begins with MFA: a passcode, a push (approved at once) or a cached token."""
        if data.get("TOKEN") in self.issued["mfa"]:
            return {}
        if passcode is not None and passcode != self.settings.passcode:
            raise Refused("390127", "Incorrect passcode was specified.")
        if passcode is None and data.get("EXT_AUTHN_DUO_METHOD") != "push":
            raise Refused("394508", "TOTP passcode is required.")
        if (data.get("SESSION_PARAMETERS") or {}).get("CLIENT_REQUEST_MFA_TOKEN"):
            token = "mfa-" + secrets.token_hex(12)
            self.issued["mfa"].add(token)
            return {"mfaToken": token, "mfaTokenValidityInSeconds": 14400}
        return {}

    def jwt(self, data):
        wrong = keys.jwt_fault(data.get("TOKEN") or "", str(data.get("ACCOUNT_NAME") or ""), data.get("LOGIN_NAME"), self.public_keys)
        if wrong:
            self.counters.note("jwt_faults", f"{wrong[0]}: {wrong[1]}")
            raise Refused(wrong[0], "JWT token is invalid. [" + str(uuid.uuid4()) + "]", {"authnMethod": "KEYPAIR"})

    def oauth(self, data):
        token = data.get("TOKEN")
        if token in self.settings.expired_oauth_tokens:
            raise Refused("390318", "OAuth access token expired.")
        if token not in self.settings.oauth_tokens and token not in self.issued["access"]:
            raise Refused("390303", "Invalid OAuth access token.")

    def access_token(self, data):
        if data.get("TOKEN") not in self.settings.access_tokens:
            raise Refused("394400", "Programmatic access token is invalid.")

    def browser(self, data):
        if self.issued["sso"].pop(data.get("TOKEN"), None) != data.get("PROOF_KEY") or not data.get("PROOF_KEY"):
            raise Refused("390511", "The token and the proof key do not belong together.")
        if (data.get("SESSION_PARAMETERS") or {}).get("CLIENT_STORE_TEMPORARY_CREDENTIAL"):
            token = "id-" + secrets.token_hex(12)
            self.issued["id"].add(token)
            return {"idToken": token, "idTokenValidityInSeconds": 14400}
        return {}

    def id_token(self, data):
        if data.get("TOKEN") not in self.issued["id"]:
            raise Refused("390195", "The provided ID token is invalid.")

    def saml(self, data):
        if not any(f'value="{one}"' in data["RAW_SAML_RESPONSE"] for one in self.issued["saml"]):
            raise Refused("390100", "The SAML response is invalid.")

    def workload(self, data):
        if data.get("PROVIDER") not in PROVIDERS or data.get("TOKEN") not in self.settings.workload_tokens:
            raise Refused("390144", "Workload identity attestation is invalid.")

    # --- the other session requests

    def authenticator_request(self, request):
        data = request.json.get("data") or {}
        kind = str(data.get("AUTHENTICATOR", ""))
        if kind.upper() == "EXTERNALBROWSER":
            proof = secrets.token_urlsafe(24)
            port = int(data["BROWSER_MODE_REDIRECT_PORT"])
            url = f"{request.origin}/fed/login?port={port}&proof={urllib.parse.quote(proof)}"
            return ok({"tokenUrl": None, "ssoUrl": url, "proofKey": proof})
        if kind.startswith("http"):
            base = kind.rstrip("/")
            return ok({"tokenUrl": f"{base}/api/v1/authn", "ssoUrl": f"{base}/app/snowflake/sso/saml", "proofKey": None})
        raise Refused("390139", f"The authenticator {kind!r} is not accepted.")

    def fed_login(self, request):
        """The identity provider's page: logs in at once and sends the browser on to the client's loopback listener."""
        token = "sso/" + secrets.token_urlsafe(12) + "+="
        self.issued["sso"][token] = request.query["proof"]
        where = f"http://127.0.0.1:{int(request.query['port'])}/?token={urllib.parse.quote(token, safe='')}"
        return Reply(302, b"", {"Location": where})

    def okta_token(self, request):
        body = request.json
        if body.get("password") != self.settings.password:
            return Reply.of({"errorCode": "E0000004", "errorSummary": "Authentication failed"}, 401)
        if str(body.get("username", "")).upper().startswith("MFA"):
            return Reply.of({"status": "MFA_REQUIRED"})
        return Reply.of({"status": "SUCCESS", "sessionToken": "okta-" + str(body.get("username"))})

    def okta_saml(self, request):
        if not request.query.get("onetimetoken", "").startswith("okta-"):
            return Reply(403, b"")
        assertion = secrets.token_hex(20)
        self.issued["saml"].add(assertion)
        form = f'<form action="{html.escape(request.origin)}/fed/login" method="post"><input name="SAMLResponse" value="{assertion}"/></form>'
        return Reply(200, f"<html><body>{form}</body></html>".encode(), {"Content-Type": "text/html"})

    def renew(self, request):
        token = self.token_in(request)
        session = self.by_master.get(token)
        if session is None or not session.alive:
            raise Refused("390113" if session is None else "390111", "Master token not found." if session is None else "Session is gone.")
        if token != session.master or time.monotonic() > session.master_ends:
            raise Refused("390114", "Authentication token has expired. The user must authenticate again.")
        if request.json.get("requestType") != "RENEW" or not request.json.get("oldSessionToken"):
            raise Refused("390400", "Bad request: oldSessionToken or requestType.")
        self.counters.add("renewals")
        self.issue(session)
        return ok({"sessionToken": session.token, "validityInSecondsST": self.settings.token_seconds, "masterToken": session.master,
                   "validityInSecondsMT": self.settings.master_seconds, "sessionId": session.number})

    def heartbeat(self, request):
        session = self.of(request)
        session.master_ends = time.monotonic() + self.settings.master_seconds
        self.counters.add("heartbeats")
        return ok(None)

    def logout(self, request):
        if request.query.get("delete") != "true":
            raise Refused("390400", "Bad request.")
        session = self.of(request)
        session.alive = False
        self.counters.add("logouts")
        return ok(None)


def folded(name):
    """An identifier as Snowflake keeps it: upper case unless quoted; None for none."""
    if not name:
        return None
    if name.startswith('"') and name.endswith('"') and len(name) > 1:
        return name[1:-1].replace('""', '"')
    return name.upper()

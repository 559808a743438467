"""`snowflake-mcp check` against the scripted Snowflake: every exit code by the step that fails, what it says, and that it tells no secret.
Yields (name, why) pairs; an empty why is a pass."""

import contextlib
import json
import socketserver
import subprocess
import tempfile
import threading

from support import asking
from support.servers import PROGRAM, clean_environment
from support.snowflake import scripted

PASSPHRASE, PROXY_PASSWORD, WRONG = "the passphrase of nobody", "the-proxy-s-password", "no such password"
SECRETS = ("correct horse", PASSPHRASE, PROXY_PASSWORD, WRONG)
TLS = {"SNOWFLAKE_PROTOCOL": "https", "SNOWFLAKE_HOST": "localhost"}
STEPS = ["settings", "listener", "keys", "configuration", "dns", "tcp", "proxy", "tls", "login", "role", "warehouse", "query"]
QUERY = "POST */query-request"


def checked(port, env, form="--json"):
    """(exit code, steps by name, all it wrote)."""
    settings = {**asking.USUAL, "SNOWFLAKE_PORT": str(port), **env}
    settings = {name: value for name, value in settings.items() if value != ""}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([PROGRAM, "check", *form.split()], capture_output=True, text=True, timeout=60, cwd=folder,
                              env={**clean_environment(), "HOME": folder, **settings})
    report = json.loads(done.stdout) if form else {"steps": [], "exit_code": done.returncode}
    if report["exit_code"] != done.returncode:
        raise RuntimeError(f"says {report['exit_code']}, ends with {done.returncode}")
    return done.returncode, {step["name"]: step for step in report["steps"]}, done.stdout + done.stderr


class Refuses(socketserver.StreamRequestHandler):
    """A proxy that knows nobody."""

    def handle(self):
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


@contextlib.contextmanager
def refusing_proxy():
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Refuses) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def fault(code, step, words, answer):
    """What is wrong with a report that must fail at `step` with `code`."""
    ended, steps, text = answer
    if ended != code:
        return f"exit code {ended}, not {code}: {text[-1500:]}"
    failed = [name for name, one in steps.items() if one["outcome"] == "failed"]
    if failed[:1] != ([step] if step else []):
        return f"failed: {failed}, not {step}: {text[-1500:]}"
    said = steps[step]["detail"] if step else text
    lacking = [word for word in words if word.lower() not in said.lower()]
    if lacking:
        return f"{step} does not say {lacking}: {said}"
    told = [secret for secret in SECRETS if secret in text]
    return f"it tells {told}" if told else ""


def cases(fake, proxy):
    """Name, exit code, step, words of its text, settings, port, a fault of the server."""
    wrong_key = {"SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE_JWT", "SNOWFLAKE_PASSWORD": "", "SNOWFLAKE_PRIVATE_KEY_PATH": fake.keys["rsa_encrypted"],
                 "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": PASSPHRASE}
    through_proxy = {**TLS, "NO_PROXY": "", "HTTPS_PROXY": f"http://user:{PROXY_PASSWORD}@127.0.0.1:{proxy}"}
    return [
        ("all is well", 0, None, [], {}, "driver", None),
        ("a listener for everybody without keys", 4, "listener", ["ALLOW_ANONYMOUS"], {"MCP_SERVER_HOST": "0.0.0.0"}, "driver", None),
        ("a wrong passphrase", 10, "configuration", ["SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"], wrong_key, "driver", None),
        ("no such key file", 10, "configuration", ["SNOWFLAKE_PRIVATE_KEY_PATH"],
         {**wrong_key, "SNOWFLAKE_PRIVATE_KEY_PATH": "no-such-file.p8"}, "driver", None),
        ("an account that is none", 10, "configuration", ["SNOWFLAKE_ACCOUNT"], {"SNOWFLAKE_ACCOUNT": "a/b", "SNOWFLAKE_HOST": ""}, "driver", None),
        ("an unknown host", 11, "dns", ["SNOWFLAKE_ACCOUNT", "SNOWFLAKE_HOST"], {"SNOWFLAKE_HOST": "no-such-host.invalid"}, "driver", None),
        ("nobody listens", 12, "tcp", ["HTTPS_PROXY"], {"SNOWFLAKE_PORT": "1"}, "driver", None),
        ("a proxy that refuses", 13, "proxy", ["HTTPS_PROXY", "NO_PROXY"], through_proxy, "tls_right", None),
        ("a certificate of an unknown authority", 14, "tls", ["CLIENT_CA_FILE"], {**TLS, "CLIENT_CA_FILE": fake.ca}, "tls_unknown_ca", None),
        ("a certificate of another name", 14, "tls", ["certificate"], {**TLS, "CLIENT_CA_FILE": fake.ca}, "tls_wrong_name", None),
        ("a certificate out of date", 14, "tls", ["expired"], {**TLS, "CLIENT_CA_FILE": fake.ca}, "tls_expired", None),
        ("a wrong password", 15, "login", ["SNOWFLAKE_PASSWORD"], {"SNOWFLAKE_PASSWORD": WRONG}, "driver", None),
        ("a locked user", 15, "login", ["locked"], {"SNOWFLAKE_USER": "LOCKED_OUT"}, "driver", None),
        ("a key nobody registered", 15, "login", ["key"], {**wrong_key, "SNOWFLAKE_PRIVATE_KEY_PATH": fake.keys["unknown"]}, "driver", None),
        ("a wrong role", 16, "role", ["SNOWFLAKE_ROLE"], {"SNOWFLAKE_ROLE": "NO_SUCH_ROLE"}, "driver", None),
        ("a wrong warehouse", 17, "warehouse", ["SNOWFLAKE_WAREHOUSE", "GRANT USAGE"], {"SNOWFLAKE_WAREHOUSE": "NO_SUCH_WH"}, "driver", None),
        ("a query that fails", 18, "query", ["an incident"], {}, "driver", {"at": QUERY, "sql": "^SELECT 1$", "times": 0,
                                                                      "what": {"code": "000603", "message": "an incident"}}),
    ]


def by_exit_code():
    with scripted("--keys", "--tls") as fake, refusing_proxy() as proxy:
        for name, code, step, words, env, port, armed in cases(fake, proxy):
            if armed:
                fake.arm(**armed)
            answer = checked(fake.ports[port], env)
            fake.disarm()
            why = fault(code, step, words, answer)
            if not why and step:  # what lies before it worked, or warns; what lies behind it was not reached
                after = [answer[1][later]["outcome"] for later in STEPS[STEPS.index(step) + 1:] if later in answer[1]]
                if step in ("dns", "tcp", "proxy", "tls", "login", "role") and set(after) != {"skipped"}:
                    why = f"behind {step}: {after}"
            yield f"{code}: {name}", why


def roles():
    with scripted() as fake:
        quoted = {"SNOWFLAKE_ROLE": '"Read ""only"""'}
        code, steps, text = checked(fake.port, quoted)
        asked = fake.counters()["statements_by_text"]
        right = code == 0 and 'SHOW GRANTS TO ROLE "Read ""only"""' in asked and steps["role"]["outcome"] == "ok"
        yield "a role whose name must be quoted", "" if right else f"{code}: {steps.get('role')} {asked}"
        code, steps, text = checked(fake.port, {"SNOWFLAKE_ROLE": "ACCOUNTADMIN"})
        said = steps["role"]["detail"]
        right = code == 0 and steps["role"]["outcome"] == "warning" and "CREATE ROLE MCP_READER" in said and "GRANT SELECT" in said
        yield "a mighty role is warned of, with the grants of one that reads", "" if right else f"{code}: {said}"
        logins = fake.counters()["logins"]
        yield "one login a check", "" if logins == 2 else f"{logins} logins"
        code, _, text = checked(fake.port, {"SNOWFLAKE_PASSWORD": WRONG}, form="")
        yield "in words it tells no secret either", "" if code == 15 and not any(one in text for one in SECRETS) else f"{code}: {text}"


def checks():
    for part in (by_exit_code, roles):
        for name, why in part():
            yield f"check/{name}", why

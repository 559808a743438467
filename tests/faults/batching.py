"""Batching: reads that wait for the only session travel as one request; what goes wrong with one is nobody else's."""

import contextlib
import http.client
import json
import time
import urllib.request

from support.asking import REVISION, asking, read
from support.servers import check
from support.snowflake import scripted

QUERY, RESULT = "POST */query-request", "GET /queries/*/result"
SEVERAL = r"(?s)\n;\n"  # in the text of a request of several
LONG = "SELECT * FROM SLOW_60000"
BAD = "SELECT * FROM NO_SUCH_TABLE"
ON = {"ENABLE_QUERY_BATCHING": "true", "BATCH_TIMEOUT_MS": "20000", "CONNECTION_POOL_MAX_SIZE": "1", "ENABLE_CONNECTION_MULTIPLEXING": "false",
      "QUERY_TIMEOUT_SECONDS": "60", "ALLOWED_SQL_COMMANDS": "SELECT,SHOW,DESCRIBE,EXPLAIN,WITH,VALUES,INSERT"}


class Asked:
    """A statement on its way: to be waited for, or left."""

    def __init__(self, caller, sql, **more):
        meta = {"io.modelcontextprotocol/protocolVersion": REVISION, "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
                "io.modelcontextprotocol/clientCapabilities": {}}
        params = {"name": "execute_query", "arguments": {"query": sql, **more}, "_meta": meta}
        self.connection = http.client.HTTPConnection(caller.host, caller.port, timeout=50)
        self.connection.request("POST", "/mcp", json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}), {
            "Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": REVISION,
            "Mcp-Method": "tools/call", "Mcp-Name": "execute_query"})

    def answer(self):
        """The rows, or the words of the error."""
        try:
            got = read(self.connection.getresponse())
        except (OSError, http.client.HTTPException, ValueError) as error:
            return f"no answer: {type(error).__name__}: {error}"
        finally:
            self.connection.close()
        return got["structured"]["rows"] if "structured" in got else got["error"]

    def leave(self):
        self.connection.close()


class Stand:
    def __init__(self, server, caller):
        self.server, self.caller = server, caller
        self.metrics = next((host, port) for host, port in caller.server.addresses(2) if port != caller.port)

    def metric(self, name):
        with urllib.request.urlopen(f"http://{self.metrics[0]}:{self.metrics[1]}/metrics", timeout=10) as page:
            lines = page.read().decode().splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.split(" ")[0].split("{")[0] == name)

    def until(self, what, is_so, seconds=20):
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise RuntimeError(f"{what} did not come within {seconds} s")
            time.sleep(0.01)

    def gathered(self, statements):
        """The statements, asked while the only session is taken; it comes free when this ends: they go together."""
        seen = self.submitted(LONG)
        occupant = Asked(self.caller, LONG)
        self.until("the long statement", lambda: self.metric("mcp_concurrent_requests") == 1)
        asked = []
        for number, one in enumerate(statements, 1):
            asked.append(Asked(self.caller, **({"sql": one} if isinstance(one, str) else one)))
            self.until("the queue", lambda number=number: self.metric("mcp_request_queue_length") == number)
        self.until("the long statement at the warehouse", lambda: self.submitted(LONG) > seen)
        before = len(self.server.log())
        occupant.leave()
        self.until("the turn", lambda: self.metric("mcp_request_queue_length") == 0)
        return asked, before

    def submitted(self, text):
        return sum("/query-request" in entry["target"] and text in entry["body"]["sqlText"] for entry in self.server.log())

    def requests(self, before):
        """(statements of each submission, results that were fetched) since then."""
        since = self.server.log()[before:]
        counts = [int(entry["body"]["parameters"]["MULTI_STATEMENT_COUNT"]) for entry in since if "/query-request" in entry["target"]]
        return counts, sum("/result" in entry["target"] for entry in since)

    def at_rest(self):
        self.until("rest", lambda: self.metric("mcp_concurrent_requests") == 0 and self.metric("mcp_request_queue_length") == 0)
        self.server.disarm()


def numbers(count):
    return [f"SELECT {number}" for number in range(1, count + 1)]


def are_right(answers, count):
    return answers == [[[number]] for number in range(1, count + 1)]


def together(stand):
    asked, before = stand.gathered(["SELECT 1 -- the end", "SELECT 2;", "SELECT 3", "SELECT 4 // x", "SELECT 5"])
    answers = [one.answer() for one in asked]
    counts, results = stand.requests(before)
    stand.at_rest()
    check("batching/five reads that wait go in one request", are_right(answers, 5) and counts == [5] and results == 5,
          f"{answers}; submissions {counts}, {results} results")


def one_bad(stand, names_results):
    words = "that names what ran" if names_results else "that names nothing"
    stand.server.set(failed_names_results=names_results)
    for bad in (0, 2, 4):
        statements = numbers(5)
        statements[bad] = BAD
        asked, before = stand.gathered(statements)
        answers = [one.answer() for one in asked]
        counts, results = stand.requests(before)
        stand.at_rest()
        good = [answer == [[number + 1]] for number, answer in enumerate(answers) if number != bad]
        ok = all(good) and isinstance(answers[bad], str) and "NO_SUCH_TABLE" in answers[bad]
        # Six requests are due where nothing fails: the one of five, and their five results.
        ok = ok and counts[0] == 5 and set(counts[1:]) == {1} and len(counts) + results <= 6 + 2
        ok = ok and results == (bad if names_results else 0)
        check(f"batching/statement {bad + 1} of five is bad, in a refusal {words}", ok, f"{answers}; submissions {counts}, {results} results")


def leaving(stand):
    asked, before = stand.gathered(["SELECT * FROM SLOW_700", "SELECT 1", "SELECT 2"])
    asked[1].leave()
    answers = [asked[0].answer(), asked[2].answer()]
    counts, results = stand.requests(before)
    stand.at_rest()
    check("batching/who leaves on the way takes nobody along", not isinstance(answers[0], str) and answers[1] == [[2]] and counts == [3]
          and results == 2, f"{answers}; submissions {counts}, {results} results")

    stand.server.reset()
    asked, _ = stand.gathered(["SELECT * FROM SLOW_50000", "SELECT 1"])
    stand.until("the request of two", lambda: stand.submitted("SLOW_50000"))
    aborted = stand.server.counters().get("aborted", 0)
    for one in asked:
        one.leave()
    with contextlib.suppress(RuntimeError):
        stand.until("the abort", lambda: stand.server.counters().get("aborted", 0) > aborted)
    after = stand.server.counters().get("aborted", 0)
    stand.at_rest()
    answer = Asked(stand.caller, "SELECT 7").answer()
    check("batching/the last one that leaves aborts the request", after == aborted + 1 and answer == [[7]], f"{after - aborted} aborts; {answer}")


def own_time(stand):
    """First of all: as long as nobody knows how long a statement takes, none is refused as too late."""
    asked, _ = stand.gathered(["SELECT * FROM SLOW_5000", {"sql": "SELECT 1", "timeout_seconds": 3}, "SELECT 2"])
    hasty, started = asked[1].answer(), time.monotonic()
    rest = [asked[0].answer(), asked[2].answer()]
    stand.at_rest()
    check("batching/each waits until its own time is over", isinstance(hasty, str) and "3 s" in hasty and not isinstance(rest[0], str)
          and rest[1] == [[2]] and time.monotonic() - started > 0.5, f"{hasty}; {rest}")


def lost(stand):
    """What happens to the request on its way: nobody's answer is lost, and reads run alone once where they must."""
    cases = {
        "its session has ended": ({"end_session": True}, 1, {5}),
        "its token has expired": ({"expire": "session"}, 1, {5}),
        "the connection breaks": ({"close": "before_head", "reset": True}, 1, {5}),
        "it is refused, for ever": ({"status": 400}, 0, {5, 1}),
    }
    for name, (what, times, expected) in cases.items():
        stand.server.arm(QUERY, what, sql=SEVERAL, times=times)
        asked, before = stand.gathered(numbers(5))
        answers = [one.answer() for one in asked]
        counts, _ = stand.requests(before)
        struck = any(one["struck"] for one in stand.server.faults())
        stand.at_rest()
        ok = are_right(answers, 5) and struck and {count for count in counts if count > 1} == {5} and expected >= {5}
        ok = ok and (counts.count(1) == 5 if 1 in expected else True)
        check(f"batching/{name}", ok, f"{answers}; submissions {counts}; struck: {struck}")

    stand.server.arm(RESULT, {"code": "000612", "message": "Result has not been found."}, times=0)
    asked, before = stand.gathered(numbers(3))
    answers = [one.answer() for one in asked]
    counts, results = stand.requests(before)
    stand.at_rest()
    check("batching/results that are gone are asked for anew, once", are_right(answers, 3) and counts == [3, 1, 1, 1] and results == 3,
          f"{answers}; submissions {counts}, {results} results")


def alone(stand):
    asked, before = stand.gathered(["SELECT 1", "INSERT INTO LEDGER VALUES (1)", "SHOW TABLES", "SELECT $$a$$", "SELECT 2"])
    answers = [one.answer() for one in asked]
    stand.at_rest()
    since = [entry["body"] for entry in stand.server.log()[before:] if "/query-request" in entry["target"]]
    several = [body["sqlText"] for body in since if int(body["parameters"]["MULTI_STATEMENT_COUNT"]) > 1]
    check("batching/a write, SHOW and a $$ body are never part of a request of several", several == ["SELECT 1\n;\nSELECT 2"]
          and answers[0] == [[1]] and answers[4] == [[2]], f"{several}; {answers}")

    before = len(stand.server.log())
    answer = Asked(stand.caller, "SELECT 9").answer()
    counts, results = stand.requests(before)
    check("batching/where a session is idle a read goes alone", answer == [[9]] and counts == [1] and results == 0, f"{answer}; {counts}")


def run(wanted):
    if not wanted("batching/"):
        return
    with scripted() as server, asking(server.port, ON) as caller:
        stand = Stand(server, caller)
        for part in (own_time, together, lambda one: one_bad(one, True), lambda one: one_bad(one, False), leaving, lost, alone):
            part(stand)
        defects = server.counters()["notes"].get("defects")
        check("batching/the scripted server itself", not defects, str(defects))

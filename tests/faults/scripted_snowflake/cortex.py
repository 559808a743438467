"""The public REST API's Cortex services in a minimal right form: Search, Analyst, Agents; answers as JSON or as server-sent events."""

import json
import re
import uuid

from .http import Reply
from .sessions import Refused

TOKEN_TYPES = ("KEYPAIR_JWT", "OAUTH", "PROGRAMMATIC_ACCESS_TOKEN", "WORKLOAD_IDENTITY_FEDERATION")
NAME = r"([^/:]+)"
PATHS = [(method, re.compile(pattern + "$"), handler) for method, pattern, handler in [
    ("POST", rf"/api/v2/databases/{NAME}/schemas/{NAME}/cortex-search-services/{NAME}:query", "search"),
    ("GET", rf"/api/v2/databases/{NAME}/schemas/{NAME}/cortex-search-services", "services"),
    ("POST", r"/api/v2/cortex/analyst/message", "analyst"),
    ("POST", rf"/api/v2/databases/{NAME}/schemas/{NAME}/agents/{NAME}:run", "agent"),
    ("POST", r"/api/v2/cortex/agent:run", "agent"),
]]
DOCUMENTS = [
    {"TITLE": "Returns", "CHUNK": "Goods may be returned within 30 days.", "REGION": "EU"},
    {"TITLE": "Shipping", "CHUNK": "Orders ship within two days.", "REGION": "EU"},
    {"TITLE": "Warranty", "CHUNK": "The warranty lasts two years.", "REGION": "US"},
]
REVENUE = "SELECT SUM(AMOUNT) AS REVENUE FROM SALES.PUBLIC.ORDERS"


class Cortex:
    def __init__(self, settings, sessions, counters):
        self.settings, self.sessions, self.counters = settings, sessions, counters

    def handle(self, request):
        try:
            self.authorize(request)
        except Refused as refused:
            return problem(401, refused.code, refused.message)
        if not request.header("user-agent"):
            return problem(400, "390142", "User-Agent is missing.")
        for method, pattern, handler in PATHS:
            match = pattern.match(request.path)
            if match and method == request.method:
                self.counters.add("cortex_" + handler)
                try:
                    return getattr(self, handler)(request, *match.groups())
                except (KeyError, TypeError, ValueError) as error:
                    return problem(400, "390142", f"Bad request: {type(error).__name__} {error}")
        return problem(404, "390404", f"Resource {request.path} does not exist or not authorized.")

    def authorize(self, request):
        header = request.header("authorization")
        if header.startswith("Snowflake Token="):
            self.sessions.of(request)
            return
        token, kind = header.removeprefix("Bearer "), request.header("x-snowflake-authorization-token-type")
        if kind and kind not in TOKEN_TYPES:
            raise Refused("390142", f"Unknown token type {kind}.")
        settings, issued = self.settings, self.sessions.issued
        known = (*settings.access_tokens, *settings.oauth_tokens, *issued["access"])
        if not header.startswith("Bearer ") or not (token in known or (kind == "KEYPAIR_JWT" and token.count(".") == 2)):
            raise Refused("390303", "Invalid OAuth access token.")

    # --- search

    def search(self, request, database, schema, service):
        if service.upper() != "DOCS":
            return problem(404, "399504", f"Cortex Search Service {service} does not exist or not authorized.")
        body = request.json
        wanted = body.get("columns") or list(DOCUMENTS[0])
        words = str(body.get("query", "")).lower().split()
        if not words and "multi_index_query" not in body:
            return problem(400, "399113", "query is missing.")
        found = [one for one in DOCUMENTS if holds(body.get("filter") or {}, one)]
        found.sort(key=lambda one: -sum(word in json.dumps(one).lower() for word in words))
        results = [{name: one.get(name.upper(), "") for name in wanted} for one in found[: int(body.get("limit", 10))]]
        return Reply.of({"results": results, "request_id": str(uuid.uuid4())})

    def services(self, request, database, schema):
        return Reply.of([{"name": "DOCS", "database_name": database, "schema_name": schema, "search_column": "CHUNK"}])

    # --- analyst

    def analyst(self, request):
        body = request.json
        if sum(name in body for name in ("semantic_model_file", "semantic_model", "semantic_view", "semantic_models")) != 1:
            return problem(400, "392700", "Exactly one semantic model is wanted.")
        last = body["messages"][-1]
        if last["role"] != "user":
            return problem(400, "392700", "The last message is not the user's.")
        question = last["content"][0]["text"]
        if "revenue" in question.lower():
            content = [{"type": "text", "text": f"This is our interpretation of your question: {question}"},
                       {"type": "sql", "statement": REVENUE, "confidence": {"verified_query_used": None}}]
        else:
            content = [{"type": "text", "text": "The question is not clear."},
                       {"type": "suggestions", "suggestions": ["What is the total revenue?", "What is the revenue by month?"]}]
        if body.get("stream"):
            return events(self.analyst_events(content), self.settings.event_seconds)
        return Reply.of({"request_id": str(uuid.uuid4()), "message": {"role": "analyst", "content": content},
                         "warnings": [], "response_metadata": {"model_names": ["scripted"]}})

    @staticmethod
    def analyst_events(content):
        yield "status", {"status": "interpreting_question", "status_message": "Interpreting question"}
        for index, item in enumerate(content):
            if item["type"] == "suggestions":
                for place, text in enumerate(item["suggestions"]):
                    yield "message.content.delta", {"index": index, "type": "suggestions",
                                                    "suggestions_delta": {"index": place, "suggestion_delta": text}}
                continue
            text = item.get("text") or item.get("statement")
            name = "text_delta" if item["type"] == "text" else "statement_delta"
            for begin in range(0, len(text), 20):
                yield "message.content.delta", {"index": index, "type": item["type"], name: text[begin:begin + 20]}
        yield "status", {"status": "done", "status_message": "Done"}
        yield "done", "[DONE]"

    # --- agents

    def agent(self, request, *where):
        if where and where[2].upper() != "HELPER":
            return problem(404, "399504", f"Agent {where[2]} does not exist or not authorized.")
        body = request.json
        question = body["messages"][-1]["content"][0]["text"]
        answer = f"The answer to '{question}' is 42."
        content = [{"type": "thinking", "thinking": {"text": "Looking at the data."}},
                   {"type": "tool_use", "tool_use": {"tool_use_id": "t1", "type": "cortex_analyst_text_to_sql", "name": "revenue", "input": {}}},
                   {"type": "tool_result", "tool_result": {"tool_use_id": "t1", "status": "success", "content": [{"type": "json", "json": {"sql": REVENUE}}]}},
                   {"type": "text", "text": answer}]
        whole = {"role": "assistant", "content": content, "warnings": [], "status": "completed",
                 "metadata": {"run_id": "7-1", "thread_id": 7}}
        if body.get("stream") is False:
            return Reply.of(whole)
        return events(self.agent_events(answer, whole), self.settings.event_seconds)

    @staticmethod
    def agent_events(answer, whole):
        yield "metadata", {"run_id": "7-1", "thread_id": 7}
        yield "response.status", {"status": "planning", "message": "Planning the next steps"}
        yield "response.thinking.delta", {"content_index": 0, "text": "Looking at the data."}
        yield "response.tool_use", whole["content"][1]["tool_use"] | {"content_index": 1}
        yield "response.tool_result", whole["content"][2]["tool_result"] | {"content_index": 2}
        for begin in range(0, len(answer), 8):
            yield "response.text.delta", {"content_index": 3, "text": answer[begin:begin + 8]}
        yield "response.text", {"content_index": 3, "text": answer}
        yield "response", whole


def holds(condition, document):
    """Whether a search filter lets the document through."""
    for operator, value in condition.items():
        if operator == "@and":
            ok = all(holds(one, document) for one in value)
        elif operator == "@or":
            ok = any(holds(one, document) for one in value)
        elif operator == "@not":
            ok = not holds(value, document)
        elif operator == "@eq":
            ok = all(document.get(name.upper()) == wanted for name, wanted in value.items())
        else:
            raise ValueError(f"filter operator {operator}")
        if not ok:
            return False
    return True


def problem(status, code, message):
    return Reply.of({"message": message, "code": code, "error_code": code, "request_id": str(uuid.uuid4())}, status)


def events(pairs, seconds):
    pieces = []
    for name, data in pairs:
        text = data if isinstance(data, str) else json.dumps(data)
        pieces.append((seconds if pieces else 0, f"event: {name}\ndata: {text}\n\n".encode()))
    return Reply(200, b"", {"Content-Type": "text/event-stream"}, pieces)

"""A finished statement as the `data` of an answer: inline rows, chunks with their URLs, JSON or Arrow."""

import base64
import gzip
import hashlib
import hmac
import json
import secrets
import time

from . import arrow
from .http import Reply

CUSTOMER_KEY = "x-amz-server-side-encryption-customer-key"
ALGORITHM = "x-amz-server-side-encryption-customer-algorithm"


class Results:
    """Encodes results, and serves their chunks as object storage does: by signed URL, without a token, with the right headers."""

    def __init__(self, settings, counters):
        self.settings, self.counters = settings, counters
        self.secret = secrets.token_bytes(16)
        self.kept = {}  # (query id, place) -> bytes of the chunk
        self.of_query = {}  # query id -> (rows, ranges, format, encryption key)

    def data(self, query, session, request):
        """The `data` of the final answer for a query that has an outcome."""
        outcome, rows = query.outcome, query.outcome.rows
        chosen = "JSON" if outcome.always_json or query.describe_only else self.format(query, session)
        inline, ranges = self.parts(rows, outcome.always_json)
        context = session.context
        data = {
            "parameters": session.parameter_list(), "rowtype": rows.rowtype, "total": rows.count, "returned": rows.count,
            "queryId": query.id, "databaseProvider": None, "finalDatabaseName": context["database"], "finalSchemaName": context["schema"],
            "finalWarehouseName": context["warehouse"], "finalRoleName": context["role"], "numberOfBinds": outcome.binds,
            "arrayBindSupported": outcome.type_id == 12544, "statementTypeId": outcome.type_id, "version": 1, "sendResultTime": now(),
            "queryResultFormat": chosen.lower(), "sqlState": None,
            "queryContext": {"entries": [{"id": 0, "timestamp": now() * 1000, "priority": 0, "context": "Q29udGV4dA=="}]},
        }
        if outcome.stats:
            data["stats"] = outcome.stats
        if query.describe_only:
            return data | {"rowset": [], "total": 0, "returned": 0, "metaDataOfBinds": [{"type": "text"}] * outcome.binds}
        if query.children:
            data |= {"resultIds": ",".join(child.id for child in query.children),
                     "resultTypes": ",".join(str(child.outcome.type_id) for child in query.children)}
        if chosen == "ARROW":
            stream = self.stream(rows, 0, inline) if inline or not ranges else b""
            data |= {"rowsetBase64": base64.b64encode(stream).decode() if rows.count else "", "rowset": []}
        else:
            data["rowset"] = rows.cells(0, inline)
        if ranges:
            data |= self.chunks(query, request, rows, ranges, chosen)
        return data

    def format(self, query, session):
        chosen = self.settings.format.upper()
        if chosen == "AUTO":
            chosen = session.result_format(query.parameters)
        return chosen if arrow.available() else "JSON"

    def parts(self, rows, one_piece):
        """How many rows go inline, and the ranges of the chunks."""
        if one_piece or rows.count <= self.settings.inline_rows:
            return rows.count, []
        step, inline = self.settings.chunk_rows, self.settings.inline_rows
        return inline, [(begin, min(begin + step, rows.count)) for begin in range(inline, rows.count, step)]

    def stream(self, rows, begin, end):
        if rows.source:
            return arrow.stream_of_source(rows.rowtype, rows.source, begin, end, self.settings.batch_rows)
        return arrow.stream(rows.rowtype, rows.cells(begin, end), self.settings.batch_rows)

    # --- chunks

    def chunks(self, query, request, rows, ranges, chosen):
        key = base64.b64encode(hashlib.sha256(query.id.encode()).digest()).decode()
        self.of_query[query.id] = (rows, ranges, chosen, key)
        headers = {"chunkHeaders": {CUSTOMER_KEY: key, CUSTOMER_KEY + "-md5": "bWQ1"}, "qrmk": key}
        wanted = {"both": headers, "none": {}}.get(self.settings.chunk_headers, {self.settings.chunk_headers: headers.get(self.settings.chunk_headers)})
        return wanted | {"chunks": [
            {"url": self.url(query.id, place, request), "rowCount": end - begin, "uncompressedSize": self.size(rows, begin, end),
             "compressedSize": (end - begin) * 40} for place, (begin, end) in enumerate(ranges)]}

    @staticmethod
    def size(rows, begin, end):
        """Never less than the chunk's size in JSON, which JDBC relies on; rows that are made on demand are below 250 bytes."""
        if rows.source:
            return (end - begin) * 250
        return len(json.dumps(rows.cells(begin, end)).encode()) + end - begin

    def url(self, query_id, place, request):
        host = self.settings.chunk_origin(request)
        ends = int(time.time() + self.settings.url_seconds)
        return f"{host}/results/{query_id}/main/data_{place}?Expires={ends}&Signature={self.signature(query_id, place, ends)}"

    def signature(self, query_id, place, ends):
        return hmac.new(self.secret, f"{query_id} {place} {ends}".encode(), "sha256").hexdigest()

    def chunk(self, request):
        """GET of a chunk. What object storage refuses, this refuses: another signature or date, a token, a missing key."""
        self.counters.add("chunk_requests")
        if request.header("authorization"):
            self.counters.add("chunk_requests_with_token")
            return storage_error(400, "InvalidArgument", "Only one auth mechanism allowed")
        _, _, query_id, _, name = request.path.split("/")
        place = int(name.removeprefix("data_"))
        ends = int(request.query.get("Expires", "0"))
        if not hmac.compare_digest(request.query.get("Signature", ""), self.signature(query_id, place, ends)) or ends < time.time():
            self.counters.add("chunk_requests_expired")
            return storage_error(403, "AccessDenied", "Request has expired")
        rows, ranges, chosen, key = self.of_query[query_id]
        if self.settings.chunk_headers != "none" and request.header(CUSTOMER_KEY) != key:
            return storage_error(400, "InvalidRequest", "The object was stored using a form of Server Side Encryption.")
        if self.settings.chunk_headers == "qrmk" and request.header(ALGORITHM) != "AES256":
            return storage_error(400, "InvalidArgument", "The encryption algorithm is missing.")
        if (query_id, place) not in self.kept:
            self.kept[query_id, place] = self.encoded(rows, *ranges[place], chosen)
        body = self.kept[query_id, place]
        headers = {"Content-Type": "binary/octet-stream"}  # as object storage says; the Node.js driver would parse JSON otherwise
        if body[:2] == b"\x1f\x8b" and self.settings.chunk_encoding_header:
            headers["Content-Encoding"] = "gzip"
        return Reply(200, body, headers)

    def encoded(self, rows, begin, end, chosen):
        if chosen == "ARROW":
            body = self.stream(rows, begin, end)
        else:
            lines = [json.dumps(row, separators=(",", ":"), ensure_ascii=False) for row in rows.cells(begin, end)]
            body = {"comma": ",", "lines": ",\n", "trailing": ",\n"}[self.settings.chunk_form].join(lines).encode()
            if self.settings.chunk_form == "trailing":
                body = b"\xef\xbb\xbf" + body + b",\n"
        return gzip.compress(body, 1) if self.settings.chunk_gzip else body


def storage_error(status, code, message):
    body = f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Reply(status, body.encode(), {"Content-Type": "application/xml"})


def now():
    return int(time.time() * 1000)

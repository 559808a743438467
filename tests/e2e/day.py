"""A day's work: what each official client does with snowflake-mcp, over stdio and HTTP, in every era it speaks."""

import json

from support import drivers
from support.servers import check, result, snowflake_mcp

import oracle

TOOLS = {
    "list_databases", "list_schemas", "list_tables", "list_views", "describe_table", "describe_view", "query_view",
    "sample_table", "execute_query", "explain_query", "list_warehouses", "search_objects",
}
DATASETS = {"flights-3m": "FLIGHTS_3M", "airports": "AIRPORTS", "seattle-weather": "SEATTLE_WEATHER", "penguins": "PENGUINS"}


def call(name, **arguments):
    return {"do": "call", "name": name, "arguments": arguments}


def columns(answer):
    return [column["name"].upper() for column in answer["structuredContent"]["columns"]]


def rows(answer):
    return answer["structuredContent"]["rows"]


def records(answer):
    return [dict(zip([name.lower() for name in columns(answer)], row)) for row in rows(answer)]


class Places:
    """Where the sample tables and a view are, found as a person would: by the catalog tools."""

    def __init__(self, command, era, target, cwd):
        ask = lambda *steps: drivers.work(command, era, target, list(steps), cwd)["answers"]
        schemas = [row["name"] for row in records(ask(call("list_schemas", database="SAMPLE_DATA"))[0])]
        schemas = [name for name in schemas if name != "INFORMATION_SCHEMA"]
        tables = ask(*(call("list_tables", database="SAMPLE_DATA", schema=name) for name in schemas))
        views = ask(*(call("list_views", database="SAMPLE_DATA", schema=name) for name in schemas))
        self.schema_of = {row["name"]: schema for schema, answer in zip(schemas, tables) for row in records(answer)}
        self.views = [(schema, row["name"]) for schema, answer in zip(schemas, views) for row in records(answer)]
        self.tables = {
            dataset: f"SAMPLE_DATA.{self.schema_of[table]}.{table}"
            for dataset, table in DATASETS.items() if table in self.schema_of
        }


def plan(places):
    """[(what, step, judge)]: judge takes the answer and returns what is wrong with it, or nothing."""
    flights, schema = DATASETS["flights-3m"], places.schema_of[DATASETS["flights-3m"]]
    view_schema, view = places.views[0]
    where = {"database": "SAMPLE_DATA", "schema": schema}
    steps = [
        ("offers every tool, each with schemas and annotations", {"do": "tools"}, judge_tools),
        ("lists the databases", call("list_databases"), lambda a: "SAMPLE_DATA" not in {r["name"] for r in records(a)} and a),
        ("lists the warehouses", call("list_warehouses"), lambda a: not isinstance(rows(a), list) and a),
        ("describes a table", call("describe_table", table_name=flights, **where), lambda a: describes(a)),
        ("describes a view with its definition", call("describe_view", view_name=view, database="SAMPLE_DATA", schema=view_schema),
         lambda a: "select" not in json.dumps(a).lower() and a),
        ("reads a view", call("query_view", view_name=view, database="SAMPLE_DATA", schema=view_schema, limit=3),
         lambda a: not 1 <= len(rows(a)) <= 3 and a),
        ("samples a table", call("sample_table", table_name=flights, limit=7, **where), lambda a: len(rows(a)) != 7 and a),
        ("explains a query", call("explain_query", query=f"SELECT COUNT(*) FROM {places.tables['flights-3m']}"),
         lambda a: (a.get("isError") or not a["content"]) and a),
        ("finds objects by name", call("search_objects", query="flights"), lambda a: flights not in json.dumps(rows(a)) and a),
        ("answers a limited query and says so", call("execute_query", query=f"SELECT * FROM {places.tables['flights-3m']}", limit=5),
         lambda a: not (len(rows(a)) == 5 and a["structuredContent"]["truncated"] and a["structuredContent"]["cursor"]) and a),
        ("answers as CSV", call("execute_query", query="SELECT 1 AS a, 'x,\"y' AS b", format="csv"),
         lambda a: '"x,""y"' not in a["content"][0]["text"] and a),
        ("refuses what writes, as an error the model can read", call("execute_query", query=f"DELETE FROM {places.tables['penguins']}"),
         lambda a: not (a.get("isError") and a["content"][0]["text"]) and a),
        ("names the argument that is missing", call("execute_query"), lambda a: "query" not in problem(a) and a),
        ("names the argument of the wrong type", call("execute_query", query="SELECT 1", limit="many"), lambda a: "limit" not in problem(a) and a),
        ("knows no other tool", call("drop_everything"), lambda a: not problem(a) and a),
        ("says what an unknown table is called", call("execute_query", query="SELECT * FROM no_such_table"),
         lambda a: not (a.get("isError") and "NO_SUCH_TABLE" in problem(a).upper()) and a),
        ("lists resources", {"do": "resources"}, lambda a: not a["resources"] and a),
        ("lists resource templates", {"do": "templates"},
         lambda a: "snowflake://{database}/{schema}/{object}" not in [t["uriTemplate"] for t in a["resourceTemplates"]] and a),
        ("reads a table's resource", {"do": "read", "uri": f"snowflake://SAMPLE_DATA/{schema}/{flights}"},
         lambda a: "ORIGIN" not in a["contents"][0]["text"].upper() and a),
        ("says that a resource is unknown", {"do": "read", "uri": "snowflake://SAMPLE_DATA/NOWHERE/NOTHING"}, lambda a: "error" not in a and a),
        ("lists prompts", {"do": "prompts"}, lambda a: len(a["prompts"]) < 3 and a),
        ("completes a schema's name", {"do": "complete", "ref": {"type": "ref/resource", "uri": "snowflake://{database}/{schema}/{object}"},
                                      "argument": {"name": "database", "value": "SAM"}},
         lambda a: "SAMPLE_DATA" not in a["completion"]["values"] and a),
    ]
    for name in oracle.QUESTIONS:
        sql, wanted = oracle.statement(name, places.tables), oracle.expected(name)
        steps.append((f"answers: {name}", call("execute_query", query=sql),
                      lambda a, wanted=wanted: not oracle.same(rows(a), wanted) and {"wanted": wanted[:5], "got": a}))
    return steps


def problem(answer):
    """The text of a tool error or a protocol error."""
    if "error" in answer:
        return answer["error"]["message"]
    return answer["content"][0]["text"] if answer.get("isError") else ""


def judge_tools(answer):
    by_name = {tool["name"]: tool for tool in answer["tools"]}
    lacking = TOOLS - by_name.keys()
    bare = [n for n in TOOLS & by_name.keys() if not {"inputSchema", "outputSchema", "annotations", "description"} <= by_name[n].keys()]
    return (lacking or bare) and {"lacking": sorted(lacking), "without schemas or annotations": bare}


def describes(answer):
    names = {str(record.get("name", record.get("column_name", ""))).upper() for record in records(answer)}
    return not {"DATE", "DELAY", "DISTANCE", "ORIGIN", "DESTINATION"} <= names and answer


def judge(label, steps, answers):
    for (what, _, wrong), answer in zip(steps, answers, strict=True):
        try:
            reason = wrong(answer)
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            reason = f"{type(error).__name__} {error}: {json.dumps(answer)}"
        check(f"{label}/{what}", not reason, reason if isinstance(reason, str) else json.dumps(reason)[:3000])


def one_client(name, command, eras, places_of, targets, cwd):
    for era in eras:
        for transport, target in targets:
            label = f"{name}/{era}/{transport}"
            if command is None:
                result(label, "skipped", "no Go toolchain here, and no package registry brings one")
                continue
            try:
                steps = plan(places_of(command, era, target))
                seen = drivers.work(command, era, target, [step for _, step, _ in steps], cwd)
            except (RuntimeError, KeyError, IndexError) as error:
                check(f"{label}/works", False, f"{type(error).__name__}: {error}")
                continue
            # The TypeScript v1 SDK tells its user the revision over HTTP only.
            if not (name == "typescript-v1" and transport == "stdio"):
                check(f"{label}/speaks the revision", seen["revision"] == drivers.REVISION[era], str(seen["revision"]))
            judge(label, steps, seen["answers"])


def inspector(target, transport, places, cwd):
    for era in ("handshake", "stateless"):
        label = f"inspector/{era}/{transport}"

        def ask(method, *options):
            return drivers.inspector(target, era, method, *options, cwd=cwd)

        try:
            wrong = judge_tools(ask("tools/list"))
            check(f"{label}/offers every tool, each with schemas and annotations", not wrong, json.dumps(wrong))
            for question in ("the five busiest airports and their mean delay", "rainy days a year in Seattle"):
                sql, wanted = oracle.statement(question, places.tables), oracle.expected(question)
                answer = ask("tools/call", "--tool-name", "execute_query", "--tool-args-json", json.dumps({"query": sql}))
                check(f"{label}/answers: {question}", oracle.same(rows(answer), wanted), json.dumps(answer)[:2000])
            check(f"{label}/lists resources", bool(ask("resources/list")["resources"]))
            check(f"{label}/lists prompts", len(ask("prompts/list")["prompts"]) >= 3)
        except (RuntimeError, KeyError, IndexError) as error:
            check(f"{label}/works", False, f"{type(error).__name__}: {error}")


def run(cwd):
    with snowflake_mcp() as (server, host, port):
        targets = [("http", {"url": f"http://{host}:{port}/mcp"}), ("stdio", drivers.stdio_target())]
        known = {}

        def places_of(command, era, target):
            # The catalog is the same for everybody: looked up once, by the first client that works.
            if "places" not in known:
                known["places"] = Places(command, era, target, cwd)
            return known["places"]

        for name, (command, eras) in drivers.commands().items():
            one_client(name, command, eras, places_of, targets, cwd)
        for transport, target in targets:
            if check(f"inspector/{transport}/knows the tables", "places" in known, "no client could list them"):
                inspector(target, transport, known["places"], cwd)
        check("server/is still alive", server.process.poll() is None, server.output()[-3000:])
        check("server/ends with 0 on SIGTERM", server.stop() == 0, server.output()[-3000:])

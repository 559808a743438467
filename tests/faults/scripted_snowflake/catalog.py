"""A tiny catalog: what SHOW, DESCRIBE, GET_DDL and EXPLAIN answer. Columns in the order of snowflake-wire.md section 11."""

import json
import re

ROLES = ["ANALYST", "PUBLIC", "ACCOUNTADMIN", 'Read "only"']
WAREHOUSES = ["COMPUTE_WH", "LOAD_WH"]
DATABASES = {"SALES": ["PUBLIC", "MART"], "BENCH": ["PUBLIC"]}
COLUMNS = {
    "ORDERS": [("ID", {"type": "FIXED", "precision": 38, "scale": 0, "nullable": False}, "NUMBER(38,0)"),
               ("CUSTOMER", {"type": "TEXT", "length": 64, "byteLength": 256, "nullable": True, "fixed": False}, "VARCHAR(64)"),
               ("AMOUNT", {"type": "FIXED", "precision": 12, "scale": 2, "nullable": True}, "NUMBER(12,2)"),
               ("PLACED", {"type": "TIMESTAMP_NTZ", "precision": 0, "scale": 9, "nullable": True}, "TIMESTAMP_NTZ(9)")],
}
COLUMNS["BIG_ORDERS"] = COLUMNS["ORDERS"][:2]
TABLES = [("ORDERS", "SALES", "PUBLIC", "TABLE", "3"), ("BIG_ORDERS", "SALES", "PUBLIC", "VIEW", None)]
CREATED = "1700000000.000"


def error(code, state, message):
    from .statements import SqlError  # noqa: PLC0415

    return SqlError(code, state, f"SQL compilation error:\n{message}")


def there(name, known):
    """A login leaves out what is not there, and does not fail."""
    return name if name in known else None


def check(kind, parts):
    """Raises what Snowflake says of an object that is not there."""
    known = {"ROLE": ROLES, "WAREHOUSE": WAREHOUSES}.get(kind)
    if kind == "SCHEMA":
        of = DATABASES.values() if len(parts) < 2 else [DATABASES.get(parts[-2], [])]
        known = [name for schemas in of for name in schemas]
    elif known is None:
        known, parts = list(DATABASES), parts[:1]
    if parts[-1] not in known:
        raise error("002043", "02000", "Object does not exist, or operation cannot be performed.")


def columns(names):
    def one(name):
        kind = {"created_on": "timestamp_ltz", "resumed_on": "timestamp_ltz", "updated_on": "timestamp_ltz", "rows": "fixed",
                "bytes": "fixed", "running": "fixed", "queued": "fixed", "auto_suspend": "fixed", "key_sequence": "fixed"}.get(name, "text")
        scale = 3 if kind == "timestamp_ltz" else 0 if kind == "fixed" else None
        return {"name": name, "type": kind, "length": 16777216 if kind == "text" else None, "byteLength": None,
                "precision": 38 if kind == "fixed" else None, "scale": scale, "nullable": True, "database": "", "schema": "",
                "table": "", "collation": None}

    return [one(name) for name in names.split()]


def row(names, **values):
    """Cells by column name; what is not given is an empty text, as in a SHOW."""
    return [values.get(re.sub(r"\W", "", name), "") for name in names.split()]


def show(session, kind, text):
    kind = re.sub(r"^(TERSE|PRIMARY|IMPORTED) ", "", kind) if not kind.endswith("KEYS") else kind
    maker = {
        "DATABASES": databases, "SCHEMAS": schemas, "TABLES": tables, "VIEWS": views, "OBJECTS": objects, "COLUMNS": table_columns,
        "WAREHOUSES": warehouses, "ROLES": roles, "PARAMETERS": parameters, "GRANTS": grants, "PRIMARY KEYS": primary_keys,
    }.get(kind)
    if maker is None:
        return empty(kind)
    names, rows = maker(session, text)
    like = re.search(r"\bLIKE '((?:[^']|'')*)'", text)
    place = names.split().index("name") if "name" in names.split() else None
    if like and place is not None:
        wanted = re.escape(like.group(1)).replace("%", ".*").replace("_", ".")
        rows = [one for one in rows if re.fullmatch(wanted, one[place], re.IGNORECASE)]
    limit = re.search(r"\bLIMIT (\d+)", text)
    return columns(names), rows[: int(limit.group(1))] if limit else rows


def empty(kind):
    known = {"IMPORTED KEYS": "created_on pk_table_name pk_column_name fk_table_name fk_column_name key_sequence"}
    plural = ("STAGES", "FUNCTIONS", "USER FUNCTIONS", "PROCEDURES", "STREAMS", "TASKS", "DYNAMIC TABLES", "EXTERNAL TABLES",
              "SEMANTIC VIEWS", "CORTEX SEARCH SERVICES", "AGENTS", "FILE FORMATS", "SEQUENCES", "MATERIALIZED VIEWS", "USERS", "TAGS",
              "ICEBERG TABLES", "EVENT TABLES", "UNIQUE KEYS", "MCP SERVERS", "SEMANTIC DIMENSIONS", "SEMANTIC METRICS")
    if kind not in known and kind not in plural:
        raise error("001003", "42000", f"syntax error line 1 at position 5 unexpected '{kind}'.")
    return columns(known.get(kind, "created_on name database_name schema_name owner comment")), []


def databases(session, text):
    names = "created_on name is_default is_current origin owner comment options retention_time kind owner_role_type"
    return names, [row(names, created_on=CREATED, name=name, is_default="N", is_current="Y" if name == session.context["database"] else "N",
                       owner="SYSADMIN", retention_time="1", kind="STANDARD", owner_role_type="ROLE") for name in DATABASES]


def within(text, session):
    """Database and schema of IN, or None where not limited."""
    scope = re.search(r"\bIN (ACCOUNT|DATABASE|SCHEMA|TABLE|VIEW)?\s*((?:\"(?:[^\"]|\"\")+\"|[\w$]+)(?:\.(?:\"(?:[^\"]|\"\")+\"|[\w$]+))*)?", text)
    if scope is None:
        return session.context["database"], session.context["schema"], None
    parts = [part.strip('"') for part in re.findall(r"\"[^\"]+\"|[\w$]+", scope.group(2) or "")]
    if scope.group(1) == "ACCOUNT":
        return None, None, None
    if scope.group(1) in ("TABLE", "VIEW"):
        return ([None] * (3 - len(parts)) + parts)[0], ([None] * (3 - len(parts)) + parts)[1], parts[-1]
    if scope.group(1) == "SCHEMA":
        return (parts[0] if len(parts) == 2 else session.context["database"]), (parts[-1] if parts else None), None
    return (parts[0] if parts else session.context["database"]), (parts[1] if len(parts) > 1 else None), None


def schemas(session, text):
    names = "created_on name is_default is_current database_name owner comment options retention_time owner_role_type"
    database = within(text, session)[0]
    if database and database not in DATABASES:
        raise error("002043", "02000", "Object does not exist, or operation cannot be performed.")
    return names, [row(names, created_on=CREATED, name=schema, is_default="N", is_current="N", database_name=db, owner="SYSADMIN",
                       retention_time="1", owner_role_type="ROLE")
                   for db, all_of in DATABASES.items() if database in (None, db) for schema in [*all_of, "INFORMATION_SCHEMA"]]


def found(session, text, kinds):
    database, schema, table = within(text, session)
    if database and database not in DATABASES:
        raise error("002043", "02000", "Object does not exist, or operation cannot be performed.")
    return [one for one in TABLES if one[3] in kinds and database in (None, one[1]) and schema in (None, one[2])
            and table in (None, one[0])]


def tables(session, text):
    names = ("created_on name database_name schema_name kind comment cluster_by rows bytes owner retention_time automatic_clustering "
             "change_tracking is_external owner_role_type is_hybrid is_iceberg is_dynamic")
    return names, [row(names, created_on=CREATED, name=name, database_name=db, schema_name=schema, kind="TABLE", comment="Orders",
                       rows=count, bytes="2048", owner="SYSADMIN", retention_time="1", automatic_clustering="OFF", change_tracking="OFF",
                       is_external="N", owner_role_type="ROLE", is_hybrid="N", is_iceberg="N", is_dynamic="N")
                   for name, db, schema, kind, count in found(session, text, ("TABLE",))]


def views(session, text):
    names = "created_on name reserved database_name schema_name owner comment text is_secure is_materialized owner_role_type change_tracking"
    return names, [row(names, created_on=CREATED, name=name, database_name=db, schema_name=schema, owner="SYSADMIN",
                       text=f"create view {name} as select id, customer from orders where amount > 100;", is_secure="false",
                       is_materialized="false", owner_role_type="ROLE", change_tracking="OFF")
                   for name, db, schema, kind, count in found(session, text, ("VIEW",))]


def objects(session, text):
    names = "created_on name database_name schema_name kind comment cluster_by rows bytes owner retention_time owner_role_type is_hybrid"
    return names, [row(names, created_on=CREATED, name=name, database_name=db, schema_name=schema, kind=kind, rows=count or "0", bytes="0",
                       owner="SYSADMIN", retention_time="1", owner_role_type="ROLE", is_hybrid="N")
                   for name, db, schema, kind, count in found(session, text, ("TABLE", "VIEW"))]


def table_columns(session, text):
    names = ("table_name schema_name column_name data_type null? default kind expression comment database_name autoincrement "
             "schema_evolution_record")
    return names, [row(names, table_name=name, schema_name=schema, column_name=column, data_type=json.dumps(kind, separators=(",", ":")),
                       null="true" if kind["nullable"] else "NOT_NULL", kind="COLUMN", database_name=db)
                   for name, db, schema, _, _ in found(session, text, ("TABLE", "VIEW")) for column, kind, _ in COLUMNS[name]]


def warehouses(session, text):
    names = ("name state type size min_cluster_count max_cluster_count started_clusters running queued is_default is_current auto_suspend "
             "auto_resume available provisioning quiescing other created_on resumed_on updated_on owner comment resource_monitor "
             "scaling_policy owner_role_type")
    return names, [row(names, name=name, state="STARTED" if name == "COMPUTE_WH" else "SUSPENDED", type="STANDARD", size="X-Small",
                       min_cluster_count="1", max_cluster_count="1", started_clusters="1", running="0", queued="0", is_default="N",
                       is_current="Y" if name == session.context["warehouse"] else "N", auto_suspend="60", auto_resume="true",
                       created_on=CREATED, resumed_on=CREATED, updated_on=CREATED, owner="SYSADMIN", resource_monitor="null",
                       scaling_policy="STANDARD", owner_role_type="ROLE") for name in WAREHOUSES]


def roles(session, text):
    names = "created_on name is_default is_current is_inherited assigned_to_users granted_to_roles granted_roles owner comment"
    return names, [row(names, created_on=CREATED, name=name, is_default="N", is_current="Y" if name == session.context["role"] else "N",
                       is_inherited="N", owner="USERADMIN") for name in ROLES]


def parameters(session, text):
    names = "key value default level description type"
    return names, [row(names, key=key, value=str(value), default="", level="SESSION", type="STRING")
                   for key, value in session.parameters.items()]


def grants(session, text):
    names = "created_on privilege granted_on name granted_to grantee_name grant_option granted_by"
    asked = re.search(r'\bTO ROLE ("(?:[^"]|"")+"|[\w$]+)$', text)
    role = session.context["role"]
    if asked:
        role = asked.group(1)[1:-1].replace('""', '"') if asked.group(1).startswith('"') else asked.group(1)
        if role not in ROLES:
            raise error("002003", "02000", f"Role '{role}' does not exist or not authorized.")
    privileges = ["SELECT", "USAGE"] if role != "ACCOUNTADMIN" else ["SELECT", "USAGE", "INSERT", "OWNERSHIP"]
    return names, [row(names, created_on=CREATED, privilege=one, granted_on="TABLE" if one != "USAGE" else "WAREHOUSE",
                       name="SALES.PUBLIC.ORDERS" if one != "USAGE" else "COMPUTE_WH", granted_to="ROLE", grantee_name=role,
                       grant_option="false", granted_by="SYSADMIN") for one in privileges]


def primary_keys(session, text):
    names = "created_on database_name schema_name table_name column_name key_sequence constraint_name rely comment"
    return names, [row(names, created_on=CREATED, database_name=db, schema_name=schema, table_name=name, column_name="ID", key_sequence="1",
                       constraint_name="PK", rely="false") for name, db, schema, _, _ in found(session, text, ("TABLE",))]


def describe(session, kind, name):
    table = name.split(".")[-1].strip('"')
    if kind not in ("TABLE", "VIEW") or table not in COLUMNS:
        raise error("002003", "02000", f"{kind.title()} '{name}' does not exist or not authorized.")
    names = "name type kind null? default primary|key unique|key check expression comment policy|name privacy|domain"
    fields = columns(names)
    for field in fields:
        field["name"] = field["name"].replace("|", " ")
    return fields, [[column, shown, "COLUMN", "Y" if kind["nullable"] else "N", None, "Y" if column == "ID" else "N", "N", None, None, None,
                     None, None] for column, kind, shown in COLUMNS[table]]


def ddl(session, arguments):
    kind, name = (part.strip().strip("'") for part in arguments.split(",")[:2])
    table = name.split(".")[-1].strip('"').upper()
    if table not in COLUMNS:
        raise error("002003", "02000", f"{kind.title()} '{name}' does not exist or not authorized.")
    inside = ",\n".join(f"\t{column} {shown}" for column, _, shown in COLUMNS[table])
    return f"create or replace TABLE {table} (\n{inside}\n);"


def explained(form, sql, size):
    """EXPLAIN's answer: one JSON or text cell, or the tabular form."""
    from .statements import Rows, number_column, text_column  # noqa: PLC0415

    if form == "TABULAR":
        kinds = [number_column("step"), number_column("id"), text_column("parentOperators"), text_column("operation"),
                 text_column("objects"), text_column("alias"), text_column("expressions"), number_column("partitionsTotal"),
                 number_column("partitionsAssigned"), number_column("bytesAssigned")]
        return Rows(kinds, [[None, None, None, "GlobalStats", None, None, None, "4", "2", str(size)],
                            ["1", "0", None, "Result", None, None, sql[:40], None, None, None],
                            ["1", "1", "[0]", "TableScan", "SALES.PUBLIC.ORDERS", None, "ID", "4", "2", str(size)]])
    plan = {"GlobalStats": {"partitionsTotal": 4, "partitionsAssigned": 2, "bytesAssigned": size},
            "Operations": [[{"id": 0, "operation": "Result", "expressions": [sql[:40]]},
                            {"id": 1, "operation": "TableScan", "objects": ["SALES.PUBLIC.ORDERS"], "partitionsTotal": 4,
                             "partitionsAssigned": 2, "bytesAssigned": size, "parentOperators": [0]}]]}
    cell = json.dumps(plan) if form == "JSON" else f"GlobalStats:\n\tbytesAssigned={size}\n\tpartitionsAssigned=2\n\tpartitionsTotal=4\n"
    return Rows([text_column("content")], [[cell]])

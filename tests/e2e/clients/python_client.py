"""The official Python client: `python_client.py '<job>'`. See README.md beside this file."""

import asyncio
import json
import sys

from mcp import Client, MCPError, StdioServerParameters, types


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def step(client, one):
    match one["do"]:
        case "tools":
            tools, cursor = [], None
            while True:
                page = plain(await client.list_tools(cursor=cursor))
                tools += page["tools"]
                cursor = page.get("nextCursor")
                if not cursor:
                    return {"tools": tools}
        case "call":
            return plain(await client.call_tool(one["name"], one["arguments"]))
        case "resources":
            return plain(await client.list_resources())
        case "templates":
            return plain(await client.list_resource_templates())
        case "read":
            return plain(await client.read_resource(one["uri"]))
        case "prompts":
            return plain(await client.list_prompts())
        case "prompt":
            return plain(await client.get_prompt(one["name"], one["arguments"]))
        case "complete":
            ref = one["ref"]
            kind = types.PromptReference if ref["type"] == "ref/prompt" else types.ResourceTemplateReference
            return plain(await client.complete(kind.model_validate(ref), one["argument"]))
    raise ValueError(f"unknown step {one['do']}")


async def main():
    job = json.loads(sys.argv[1])
    if "url" in job:
        server = job["url"]
    else:
        command, *arguments = job["stdio"]["command"]
        server = StdioServerParameters(command=command, args=arguments, env=job["stdio"]["env"])
    mode = "2026-07-28" if job["era"] == "stateless" else "legacy"
    async with Client(server, mode=mode, client_info=types.Implementation(name="e2e-python", version="1")) as client:
        answers = []
        for one in job["steps"]:
            try:
                answers.append(await step(client, one))
            except MCPError as error:
                answers.append({"error": {"code": error.error.code, "message": error.error.message}})
        name = client.server_info.name if client.server_info else None
        print(json.dumps({"revision": client.protocol_version, "server": name, "answers": answers}))


asyncio.run(main())

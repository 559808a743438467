"""MCP servers that others wrote, for our clients and for `bench`: canned answers by nginx, the official SDKs."""

import contextlib
import pathlib
import re
import shutil
import subprocess

from support.proxies import nginx
from support.servers import NODE, ROOT, clean_environment

PYTHON = ROOT / "third_party" / ".downloads" / "venv-e2e" / "bin" / "python"

PYTHON_SERVER = """
import socket, sys
from mcp.server import MCPServer
server = MCPServer("python-sdk")
@server.tool()
def echo(text: str) -> str:
    return "you said " + text
if sys.argv[1] == "stdio":
    server.run()
else:
    import uvicorn
    app = server.streamable_http_app(json_response=sys.argv[1] == "json")
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run(sockets=[listener])
"""

# A session a client and answers as event streams: what version 1 of the SDK does unless told otherwise.
TYPESCRIPT_SERVER = """
import { createServer } from 'node:http';
import { randomUUID } from 'node:crypto';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
const make = () => {
    const server = new McpServer({ name: 'typescript-sdk', version: '1' });
    server.registerTool('echo', { inputSchema: { text: z.string() } },
        async ({ text }) => ({ content: [{ type: 'text', text: `you said ${text}` }] }));
    return server;
};
if (process.argv[2] === 'stdio') {
    await make().connect(new StdioServerTransport());
} else {
    const sessions = new Map();
    const listener = createServer(async (request, response) => {
        let transport = sessions.get(request.headers['mcp-session-id']);
        if (!transport) {
            transport = new StreamableHTTPServerTransport({
                sessionIdGenerator: randomUUID,
                onsessioninitialized: (id) => sessions.set(id, transport),
            });
            transport.onclose = () => sessions.delete(transport.sessionId);
            await make().connect(transport);
        }
        await transport.handleRequest(request, response);
    });
    listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));
}
"""


def typescript_command(folder, mode):
    """The program lies where Node.js finds the SDK: beside the end-to-end tests' packages."""
    program = pathlib.Path(folder) / "typescript_server.mjs"
    program.write_text(TYPESCRIPT_SERVER)
    modules = pathlib.Path(folder) / "node_modules"
    if not modules.exists():
        modules.symlink_to(ROOT / "tests" / "e2e" / "node_modules")
    return [NODE, "--preserve-symlinks", "--preserve-symlinks-main", program, mode]


def python_command(mode):
    return [PYTHON, "-c", PYTHON_SERVER, mode]


def go_command(folder):
    """Builds the server on the official Go SDK; None where there is no Go."""
    if not shutil.which("go"):
        return None
    program = pathlib.Path(folder) / "go-peer"
    subprocess.run(["go", "build", "-o", str(program), "."], cwd=ROOT / "bench" / "peers" / "go", check=True,
                   env=clean_environment())
    return [program]


@contextlib.contextmanager
def printing_its_port(command):
    """Runs a program that prints its port first; yields (port, process)."""
    process = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env=clean_environment())
    try:
        line = process.stdout.readline()
        found = re.search(r"\d+", line)
        if not found:
            raise RuntimeError(f"{command[0]} did not start: {line!r}")
        yield int(found.group()), process
    finally:
        process.kill()
        process.wait()


CANNED = {
    "server/discover": '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","supportedVersions":["2026-07-28"],'
                       '"capabilities":{"tools":{}}}}',
    "tools/list": '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","tools":[{"name":"fixed_text",'
                  '"inputSchema":{"type":"object"}}]}}',
    "tools/call": '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"'
                  + "x" * 700 + '"}]}}',
}


def canned():
    """nginx that answers every call with the same bytes (id 1), whatever was asked."""
    cases = "".join(f"        {method} '{body}';\n" for method, body in CANNED.items())
    return nginx(
        f"    map $http_mcp_method $canned {{\n{cases}    }}\n    keepalive_requests 1000000000;\n    access_log off;\n"
        "    server {\n        listen LISTEN backlog=1024;\n        location = /mcp {\n            access_log off;\n"
        "            default_type application/json;\n            return 200 $canned;\n        }\n    }\n"
    )


def wrk_script(folder):
    """The call that `bench --tool fixed_text --id 1` sends, for wrk."""
    meta = ('{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":'
            '{"name":"snowflake-mcp bench","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}')
    body = ('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"fixed_text","arguments":{},"_meta":' + meta + "}}")
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream",
               "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "fixed_text"}
    script = pathlib.Path(folder) / "post.lua"
    script.write_text(f'wrk.method = "POST"\nwrk.body = [==[{body}]==]\n'
                      + "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, value in headers.items()))
    return script

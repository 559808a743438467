// The two generations of the TypeScript SDK: `node typescript.mjs v1|v2 '<job>'`. See README.md beside this file.
const [generation, text] = process.argv.slice(2);
const job = JSON.parse(text);

async function connect() {
    const info = { name: `e2e-typescript-${generation}`, version: "1" };
    if (generation === "v1") {
        const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
        const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
        const { StreamableHTTPClientTransport } = await import("@modelcontextprotocol/sdk/client/streamableHttp.js");
        const client = new Client(info, { capabilities: {} });
        const transport = job.url
            ? new StreamableHTTPClientTransport(new URL(job.url))
            : new StdioClientTransport({ command: job.stdio.command[0], args: job.stdio.command.slice(1), env: job.stdio.env });
        await client.connect(transport);
        return { client, transport, revision: transport.protocolVersion };
    }
    const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
    const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
    const mode = job.era === "stateless" ? { pin: "2026-07-28" } : "legacy";
    const client = new Client(info, { capabilities: {}, versionNegotiation: { mode } });
    const transport = job.url
        ? new StreamableHTTPClientTransport(new URL(job.url))
        : new StdioClientTransport({ command: job.stdio.command[0], args: job.stdio.command.slice(1), env: job.stdio.env });
    await client.connect(transport);
    return { client, transport, revision: client.getNegotiatedProtocolVersion() };
}

async function everyTool(client) {
    const tools = [];
    let cursor;
    do {
        const page = await client.listTools(cursor ? { cursor } : undefined);
        tools.push(...page.tools);
        cursor = page.nextCursor;
    } while (cursor);
    return { tools };
}

async function step(client, step) {
    switch (step.do) {
        case "tools": return everyTool(client);
        case "call": return client.callTool({ name: step.name, arguments: step.arguments });
        case "resources": return client.listResources();
        case "templates": return client.listResourceTemplates();
        case "read": return client.readResource({ uri: step.uri });
        case "prompts": return client.listPrompts();
        case "prompt": return client.getPrompt({ name: step.name, arguments: step.arguments });
        case "complete": return client.complete({ ref: step.ref, argument: step.argument });
    }
    throw new Error(`unknown step ${step.do}`);
}

const { client, transport, revision } = await connect();
const answers = [];
for (const one of job.steps) {
    try {
        answers.push(await step(client, one));
    } catch (error) {
        answers.push({ error: { code: error.code ?? null, message: String(error.message ?? error) } });
    }
}
const server = client.getServerVersion()?.name;
if (job.url && generation === "v1") await transport.terminateSession();
await client.close();
console.log(JSON.stringify({ revision, server, answers }));

// The same trivial tool on the official TypeScript SDK: a peer for bench/http_rate.py.
import { createServer } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';

const text = 'x'.repeat(700);
const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'typescript-peer', version: '1.0.0' });
    server.registerTool('fixed_text', { description: 'Answers a fixed text.' }, async () => ({
        content: [{ type: 'text', text }],
    }));
    return server;
});
const listener = createServer(toNodeHandler(handler));
listener.listen(0, '127.0.0.1', () => console.log(listener.address().port));

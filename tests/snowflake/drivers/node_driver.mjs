// Snowflake's Node.js driver behind the job of README.md.
import { readFileSync } from 'node:fs';
import snowflake from 'snowflake-sdk';

const job = JSON.parse(readFileSync(0, 'utf8'));
snowflake.configure({ logLevel: 'OFF', additionalLogToConsole: false });

const fraction = (nanoseconds) => (nanoseconds ? '.' + String(nanoseconds).padStart(9, '0').replace(/0+$/, '') : '');
const pad = (number, width = 2) => String(number).padStart(width, '0');

// Seconds since the epoch as civil time: Date holds every year that Snowflake has.
const civil = (seconds) => {
  const date = new Date(seconds * 1000);
  return {
    day: `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`,
    clock: `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`,
  };
};

const cell = (value, type) => {
  if (value === null || value === undefined || (value === 'NULL' && type !== 'text')) return null;
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (Buffer.isBuffer(value)) return value.toString('hex').toUpperCase();
  if (type === 'date') return civil(value.getTime() / 1000).day;
  if (type?.startsWith('timestamp') && typeof value.getEpochSeconds === 'function') {
    const seconds = value.getEpochSeconds();
    const time = civil(seconds);
    return `${time.day}T${time.clock}${fraction(value.getNanoSeconds())}${type === 'timestamp_ntz' ? '' : 'Z'}`;
  }
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
};

const execute = (connection, options) =>
  new Promise((resolve, reject) =>
    connection.execute({ ...options, complete: (error, statement, rows) => (error ? reject(error) : resolve({ statement, rows })) }));

const plain = ({ statement, rows }) => {
  const types = (statement.getColumns() ?? []).map((column) => column.getType());
  return (rows ?? []).map((row) => row.map((value, place) => cell(value, types[place])));
};

const multi = (connection, step) =>
  new Promise((resolve, reject) => {
    const results = [];
    connection.execute({
      sqlText: step.multi, rowMode: 'array', parameters: { MULTI_STATEMENT_COUNT: step.count },
      complete: (error, statement, rows) => {
        if (error) return reject(error);
        results.push(plain({ statement, rows }));
        if (statement.hasNext()) statement.NextResult();
        else resolve({ results });
      },
    });
  });

const cancel = (connection, step) =>
  new Promise((resolve, reject) => {
    const statement = connection.execute({
      sqlText: step.cancel, rowMode: 'array',
      complete: (error, done, rows) => (error ? reject(error) : resolve({ rows: plain({ statement: done, rows }) })),
    });
    setTimeout(() => statement.cancel(() => {}), step.after * 1000);
  });

const run = async (connection, step) => {
  const rowMode = 'array';
  if (step.bind) return { rows: plain(await execute(connection, { sqlText: step.bind, binds: step.values, rowMode })) };
  if (step.multi) return multi(connection, step);
  if (step.cancel) return cancel(connection, step);
  if (step.async) {
    const begun = await execute(connection, { sqlText: step.async, asyncExec: true, rowMode });
    const queryId = begun.statement.getQueryId();
    const fetched = await connection.getResultsFromQueryId({ queryId, rowMode });
    const rows = [];
    for await (const row of fetched.streamRows()) rows.push(Object.values(row));
    const types = fetched.getColumns().map((column) => column.getType());
    return { rows: rows.map((row) => row.map((value, place) => cell(value, types[place]))), query_id: queryId };
  }
  const rows = plain(await execute(connection, { sqlText: step.query, rowMode, fetchAsString: ['Number'] }));
  return step.count_only ? { count: rows.length, last: rows.at(-1) } : { rows };
};

const options = {
  account: job.account, username: job.user, accessUrl: `http://${job.host}:${job.port}`, database: 'SALES', schema: 'PUBLIC',
  warehouse: 'COMPUTE_WH',
  ...(job.private_key ? { authenticator: 'SNOWFLAKE_JWT', privateKeyPath: job.private_key } : { password: job.password }),
};
const connection = snowflake.createConnection(options);
await connection.connectAsync();
await execute(connection, { sqlText: "ALTER SESSION SET TIME_OUTPUT_FORMAT = 'HH24:MI:SS.FF9'" });
const answers = [];
for (const step of job.steps) {
  try {
    answers.push(await run(connection, step));
  } catch (error) {
    answers.push({ error: { code: String(error.code ?? ''), message: String(error.message ?? error) } });
  }
}
await new Promise((resolve) => connection.destroy(resolve));
const { version } = JSON.parse(readFileSync(new URL('../node_modules/snowflake-sdk/package.json', import.meta.url)));
process.stdout.write(JSON.stringify({ driver: 'node', version, answers }) + '\n', () => process.exit(0));

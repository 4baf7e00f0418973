import path from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  CallToolResultSchema,
  ErrorCode,
  ListToolsResultSchema,
  McpError,
  type Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { McpServerConfig } from '../../../../schemas/agent-config';
import { failure } from '../../../errors';
import { limitBody } from '../../limit-body';
import type { ToolContext, ToolResult } from '../tool';
import { failed, found, callName } from '../results';
import { textOfContent } from './mcp-content';
import { NO_COMMAND, ProcessTransport } from './process-transport';

/** Given to every server's process; what else it sees stands in the configuration. */
const COMMON_VARIABLES = ['PATH', 'HOME', 'LANG', 'TMPDIR'];
/** How a server can tell a repeated call. */
const KEY_IN_META = 'temporal-llm-pack/idempotency-key';
const MOST_BYTES = 10 * 2 ** 20;
const MOST_TOOLS = 500;
/** A server may give its tools page by page, and no end of empty ones. */
const MOST_PAGES = 50;
const PING_MS = 2_000;

export interface McpEnvironment {
  env: NodeJS.ProcessEnv;
  projectDir: string;
}

/** A connection to one server, which it owns: a process is ended with it. */
export class McpConnection {
  /** Set when the server is gone or hangs: the next call needs another connection. */
  broken = false;

  private constructor(
    private readonly name: string,
    private readonly config: McpServerConfig,
    private readonly client: Client,
    readonly tools: readonly Tool[],
  ) {
    client.onclose = () => (this.broken = true);
  }

  /**
   * Connects and asks what tools there are.
   * @throws `AgentToolMissing` where it can not be started or refuses us, `Unavailable` where it does not answer.
   */
  static async open(name: string, config: McpServerConfig, environment: McpEnvironment): Promise<McpConnection> {
    const transport = transportFor(name, config, environment);
    const client = new Client({ name: 'temporal-llm-pack', version: '1' });
    const options = { timeout: config.startSeconds * 1_000 };
    try {
      await client.connect(transport, options);
      return new McpConnection(name, config, client, await toolsOf(client, options));
    } catch (error) {
      await client.close().catch(() => undefined);
      await transport.close().catch(() => undefined);
      throw notOpened(name, transport, error);
    }
  }

  async call(tool: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult> {
    const { maxCharacters, timeoutSeconds } = this.config;
    const { signal, heartbeat, idempotencyKey } = context;
    const params = { name: tool, arguments: { ...args }, _meta: { [KEY_IN_META]: idempotencyKey } };
    try {
      const options = { signal, timeout: timeoutSeconds * 1_000, onprogress: () => heartbeat() };
      const result = await this.client.request({ method: 'tools/call', params }, CallToolResultSchema, options);
      const text = textOfContent(result);
      if (result.isError === true) return failed(text || 'The tool failed and did not say why.', maxCharacters);
      return found(text, maxCharacters, { document: callName(`${this.name}_${tool}`, context), title: '' });
    } catch (error) {
      signal.throwIfAborted();
      return failed(await this.problem(error), maxCharacters);
    }
  }

  async close(): Promise<void> {
    this.broken = true;
    await this.client.close();
  }

  /** A server that answers nothing is not asked to end. */
  private async kill(): Promise<void> {
    this.broken = true;
    const { transport } = this.client;
    if (transport instanceof ProcessTransport) transport.kill();
    await this.client.close().catch(() => undefined);
  }

  /**
   * What became of a call that gave no result, for the model.
   * @throws `Unavailable` where the server surely has not seen it.
   */
  private async problem(error: unknown): Promise<string> {
    if (isUnseen(error)) {
      await this.close().catch(() => undefined);
      throw failure('Unavailable', `The MCP server "${this.name}" does not answer: ${wordsOf(error)}.`);
    }
    const unknown = 'whether it did anything is not known';
    if (!(error instanceof McpError) || error.code === Number(ErrorCode.ConnectionClosed)) {
      this.broken = true;
      return `The server ended during the call; ${unknown}.`;
    }
    if (error.code !== Number(ErrorCode.RequestTimeout)) return `The server refused the call: ${error.message}`;
    // One slow call is no reason to end what others wait for; a server that answers nothing at all is.
    const answers = await this.client.ping({ timeout: PING_MS }).then(
      () => true,
      () => false,
    );
    if (!answers) await this.kill();
    return `The tool did not answer within ${this.config.timeoutSeconds} s; ${unknown}.`;
  }
}

async function toolsOf(client: Client, options: { timeout: number }): Promise<Tool[]> {
  const tools: Tool[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < MOST_PAGES && tools.length < MOST_TOOLS; pages += 1) {
    // Not by `listTools`, which compiles what the server says its answers look like.
    const params = cursor === undefined ? {} : { cursor };
    const page = await client.request({ method: 'tools/list', params }, ListToolsResultSchema, options);
    for (const tool of page.tools.slice(0, MOST_TOOLS - tools.length)) tools.push(tool);
    cursor = page.nextCursor;
    if (cursor === undefined) break;
  }
  return tools;
}

function transportFor(
  name: string,
  config: McpServerConfig,
  { env, projectDir }: McpEnvironment,
): Transport & { close(): Promise<void> } {
  const valueOf = (variable: string) => {
    const value = env[variable];
    if (value !== undefined) return value;
    throw failure('AgentToolMissing', `The MCP server "${name}" needs the variable ${variable}, which is not set.`);
  };
  if (config.transport === 'stdio') {
    const common = COMMON_VARIABLES.flatMap((variable) => (env[variable] === undefined ? [] : [variable]));
    const given = Object.fromEntries([...common, ...config.variables].map((variable) => [variable, valueOf(variable)]));
    const { command, args, cwd } = config;
    return new ProcessTransport({ command, args, cwd: path.resolve(projectDir, cwd), env: given });
  }
  const headers = Object.fromEntries(
    Object.entries(config.headerVariables).map(([header, variable]) => [header, valueOf(variable)]),
  );
  const nothing = () => undefined;
  return new StreamableHTTPClientTransport(new URL(config.url), {
    requestInit: { headers },
    // A call whose answer is lost is made again by whoever knows whether it may be.
    reconnectionOptions: {
      maxRetries: 0,
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
    },
    fetch: async (url, init) => {
      // A stream of what the server says by itself, which may never end: nothing of that is used here.
      if (init?.method === 'GET') return new Response(null, { status: 405 });
      return limitBody(await fetch(url, init), MOST_BYTES, nothing, nothing);
    },
  });
}

/** The server knows no such session, or there was no connection at all: the call has not reached it. */
function isUnseen(error: unknown): boolean {
  if (error instanceof StreamableHTTPError) return error.code === 404;
  const cause = error instanceof TypeError ? error.cause : undefined;
  return cause instanceof Error && ['ECONNREFUSED', 'ENOTFOUND'].includes((cause as NodeJS.ErrnoException).code ?? '');
}

function notOpened(name: string, transport: Transport, error: unknown): Error {
  const isMissing =
    (transport instanceof ProcessTransport && transport.exitCode === NO_COMMAND) ||
    (error as NodeJS.ErrnoException).code === 'ENOENT' ||
    (error instanceof StreamableHTTPError && [401, 403, 404, 405].includes(error.code ?? 0)) ||
    (error instanceof Error && error.name === 'UnauthorizedError');
  const why =
    isMissing && transport instanceof ProcessTransport ? 'no such command, or no such folder' : wordsOf(error);
  return failure(isMissing ? 'AgentToolMissing' : 'Unavailable', `The MCP server "${name}" can not be opened: ${why}.`);
}

/** Of an error that may hold what a server answered, only the kind. */
function wordsOf(error: unknown): string {
  if (error instanceof StreamableHTTPError) return `status ${error.code ?? 'unknown'}`;
  if (error instanceof McpError)
    return error.code === Number(ErrorCode.RequestTimeout) ? 'it took too long' : `code ${error.code}`;
  const { code } = (error instanceof Error ? (error.cause ?? error) : {}) as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.name : 'unknown');
}

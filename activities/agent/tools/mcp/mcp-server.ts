import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { ToolSpec } from '../../../../schemas/agent';
import type { McpServerConfig } from '../../../../schemas/agent-config';
import { failure } from '../../../errors';
import { limitText } from '../../../kit/limit-text';
import type { AgentTool } from '../tool';
import { McpConnection, type McpEnvironment } from './mcp-connection';

const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 2_000;
/** A longer schema would take more of the model's attention than the tool is worth. */
const LONGEST_SCHEMA = 16_000;

/** A server of the Model Context Protocol: connected to on first use, and again where it was lost. */
export class McpServer {
  private connection: Promise<McpConnection> | undefined;

  constructor(
    private readonly name: string,
    private readonly config: McpServerConfig,
    private readonly environment: McpEnvironment,
  ) {}

  /** Its tools, of these the ones that the configuration offers, named NAME_TOOL. */
  async tools(): Promise<AgentTool[]> {
    const { tools } = await this.connected();
    const offered = this.config.tools ?? tools.map(({ name }) => name);
    const missing = offered.find((wanted) => !tools.some(({ name }) => name === wanted));
    if (missing !== undefined) {
      throw failure('AgentToolMissing', `The MCP server "${this.name}" has no tool "${missing}".`);
    }
    const byName = new Map<string, AgentTool>();
    for (const tool of tools.filter(({ name }) => offered.includes(name))) {
      const spec = this.specOf(tool);
      // Of two that differ only in characters that names may not have, the first is offered.
      if (byName.has(spec.name)) continue;
      byName.set(spec.name, {
        spec,
        call: async (args, context) => (await this.connected()).call(tool.name, args, context),
      });
    }
    return [...byName.values()];
  }

  async close(): Promise<void> {
    const { connection } = this;
    this.connection = undefined;
    await connection?.then((open) => open.close()).catch(() => undefined);
  }

  private async connected(): Promise<McpConnection> {
    const before = this.connection;
    if (before) {
      const open = await before;
      if (!open.broken) return open;
      // Of those who find it broken at once the first opens another.
      if (this.connection === before) this.connection = undefined;
    }
    if (!this.connection) {
      const opening = McpConnection.open(this.name, this.config, this.environment);
      this.connection = opening;
      // A failure is not kept: the next call tries again.
      opening.catch(() => {
        if (this.connection === opening) this.connection = undefined;
      });
    }
    return this.connection;
  }

  private specOf({ name, description = '', inputSchema }: Tool): ToolSpec {
    const plain = `${this.name}_${name.replace(/[^a-zA-Z0-9_-]/g, '_')}`.slice(0, LONGEST_NAME);
    const isShort = JSON.stringify(inputSchema).length <= LONGEST_SCHEMA;
    return {
      name: plain,
      description: limitText(description, LONGEST_DESCRIPTION) || `The tool ${name} of ${this.name}.`,
      parameters: isShort ? inputSchema : { type: 'object' },
      effect: this.config.readOnly.includes(name) ? 'read' : 'write',
      polling: this.config.polling.includes(name),
    };
  }
}

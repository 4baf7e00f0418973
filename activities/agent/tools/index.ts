import type { Client as Elasticsearch } from '@elastic/elasticsearch';
import type { ToolSpec } from '../../../schemas/agent';
import { OWN_TOOLS, type AgentConfig, type ToolConfig } from '../../../schemas/agent-config';
import { failure } from '../../errors';
import type { OpenEncoder } from '../../encoder/wanted';
import { fetchTool } from './fetch/fetch-tool';
import { McpServer } from './mcp/mcp-server';
import { askPersonSpec, startStageSpec } from './own-tools';
import { searchTool } from './search-tool';
import { sqlTool } from './sql/sql-tool';
import type { AgentTool, ToolContext, ToolResult } from './tool';

export { idempotencyKey } from './idempotency-key';
export { askPersonArguments, startStageArguments } from './own-tools';
export type { AgentTool, ToolContext, ToolResult } from './tool';

/** What tools reach the world by. */
export interface ToolDependencies {
  search: Elasticsearch;
  encoder: OpenEncoder;
  /** Holds the secrets that the configuration names by their variables. */
  env: NodeJS.ProcessEnv;
  /** Relative paths of the configuration start here. */
  projectDir: string;
}

/** The tools of a worker, each opened on first use. */
export interface ToolBox {
  /**
   * What the model is told of tools, in the order of their names; all that are configured when left out. A name is that of
   * a tool, of an MCP server for all of its tools, or of one of these.
   * @throws `AgentToolMissing`, `Unavailable`.
   */
  specs(names?: readonly string[]): Promise<ToolSpec[]>;
  /** Calls a tool. `startStage` and `askPerson` are the workflow's, and are not here. @throws as `AgentTool.call`. */
  call(name: string, args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult>;
  /** Ends the servers that were started. */
  close(): Promise<void>;
}

export function openTools(config: AgentConfig, deps: ToolDependencies): ToolBox {
  const servers = new Map(
    Object.entries(config.mcp).map(([name, server]) => [name, new McpServer(name, server, deps)]),
  );
  const opened = new Map<string, Promise<OpenTool>>();

  const open = (name: string, tool: ToolConfig): Promise<OpenTool> => {
    const before = opened.get(name);
    if (before) return before;
    const opening = openTool(name, tool, deps);
    opened.set(name, opening);
    // A failure is not kept: the next call tries again.
    opening.catch(() => opened.delete(name));
    return opening;
  };

  /** What a name stands for: a tool, all tools of a server, or one of them. */
  async function find(name: string): Promise<AgentTool[]> {
    const tool = Object.hasOwn(config.tools, name) ? config.tools[name] : undefined;
    if (tool) return [await open(name, tool)];
    const server = servers.get(name);
    if (server) return server.tools();
    for (const [prefix, one] of servers) {
      if (!name.startsWith(`${prefix}_`)) continue;
      const found = (await one.tools()).find(({ spec }) => spec.name === name);
      if (found) return [found];
    }
    throw failure('AgentToolMissing', `There is no tool "${name.slice(0, 100)}".`);
  }

  const specsOf = async (name: string): Promise<ToolSpec[]> => {
    if (name === 'askPerson') return [askPersonSpec()];
    const { stages } = config.startStage;
    if (name === 'startStage' && stages.length > 0) return [startStageSpec(stages)];
    return (await find(name)).map(({ spec }) => spec);
  };

  const all = () => [
    ...Object.keys(config.tools),
    ...servers.keys(),
    ...OWN_TOOLS.filter((name) => name !== 'startStage' || config.startStage.stages.length > 0),
  ];

  return {
    async specs(names = all()) {
      const specs = (await Promise.all([...new Set(names)].map(specsOf))).flat();
      const byName = new Map(specs.map((spec) => [spec.name, spec]));
      return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async call(name, args, context) {
      context.signal.throwIfAborted();
      const [tool] = await find(name);
      if (tool?.spec.name !== name) throw failure('AgentToolMissing', `"${name}" is a server, and no tool.`);
      return tool.call(args, context);
    },
    async close() {
      const tools = await Promise.allSettled(opened.values());
      await Promise.allSettled([
        ...[...servers.values()].map((server) => server.close()),
        ...tools.map((tool) => (tool.status === 'fulfilled' ? tool.value.close?.() : undefined)),
      ]);
    },
  };
}

type OpenTool = AgentTool & { close?(): Promise<void> };

async function openTool(name: string, tool: ToolConfig, deps: ToolDependencies): Promise<OpenTool> {
  switch (tool.type) {
    case 'search':
      return searchTool(name, tool, deps);
    case 'fetch':
      return fetchTool(name, tool);
    case 'sql': {
      const url = deps.env[tool.urlVariable];
      if (url) return sqlTool(name, tool, url);
      const unset = `The tool "${name}" needs the variable ${tool.urlVariable}, which is not set.`;
      throw failure('AgentToolMissing', unset);
    }
  }
}

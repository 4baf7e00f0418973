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
import type { AgentTool } from './tool';

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
   * @throws `AgentToolMissing`, also where two of them have one name; `Unavailable`.
   */
  specs(names?: readonly string[]): Promise<ToolSpec[]>;
  /** The same, with what calls them. `startStage` and `askPerson` are the workflow's: of these there is the spec alone. */
  chosen(names: readonly string[]): Promise<ChosenTools>;
  /** Ends the servers that were started. */
  close(): Promise<void>;
}

/** Tools out of a box. */
export interface ChosenTools {
  tools: AgentTool[];
  own: ToolSpec[];
}

/** A tool and who offers it. */
interface Offered {
  by: string;
  tool: AgentTool | { spec: ToolSpec };
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
  async function find(name: string): Promise<{ by: string; tool: AgentTool }[]> {
    const tool = Object.hasOwn(config.tools, name) ? config.tools[name] : undefined;
    if (tool) return [{ by: 'agent.tools', tool: await open(name, tool) }];
    const server = servers.get(name);
    if (server) return (await server.tools()).map((one) => ({ by: `the server "${name}"`, tool: one }));
    // "a_b_c" may be of the server "a_b" or of "a": the one that says more of it is asked first.
    const fitting = [...servers.keys()].filter((prefix) => name.startsWith(`${prefix}_`));
    for (const prefix of fitting.sort((a, b) => b.length - a.length)) {
      const found = (await servers.get(prefix)?.tools())?.find(({ spec }) => spec.name === name);
      if (found) return [{ by: `the server "${prefix}"`, tool: found }];
    }
    throw failure('AgentToolMissing', `There is no tool "${name.slice(0, 100)}".`);
  }

  const offers = async (name: string): Promise<Offered[]> => {
    const own = (spec: ToolSpec) => [{ by: 'the pack', tool: { spec } }];
    if (name === 'askPerson') return own(askPersonSpec());
    const { stages } = config.startStage;
    if (name === 'startStage' && stages.length > 0) return own(startStageSpec(stages));
    return find(name);
  };

  /**
   * Which tools these are, in the order of their names. Two of one name are refused: the model, the approvals and the limits of
   * a run know a tool by its name alone, and what one of them may do must not be done by the other.
   */
  async function offered(names: readonly string[]): Promise<Offered['tool'][]> {
    const byName = new Map<string, Offered>();
    for (const one of (await Promise.all([...new Set(names)].map(offers))).flat()) {
      const { name } = one.tool.spec;
      const other = byName.get(name);
      if (other && other.by !== one.by) {
        const what = `Two tools are called "${name}", of ${other.by} and of ${one.by}: name another server, or list its \`tools\`.`;
        throw failure('AgentToolMissing', what);
      }
      byName.set(name, one);
    }
    const tools = [...byName.values()].map(({ tool }) => tool);
    return tools.sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1));
  }

  const all = () => [
    ...Object.keys(config.tools),
    ...servers.keys(),
    ...OWN_TOOLS.filter((name) => name !== 'startStage' || config.startStage.stages.length > 0),
  ];

  return {
    specs: async (names = all()) => (await offered(names)).map(({ spec }) => spec),
    async chosen(names) {
      const found = await offered(names);
      return {
        tools: found.filter((tool) => 'call' in tool),
        own: found.flatMap((tool) => ('call' in tool ? [] : [tool.spec])),
      };
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

import type { Passage, ToolSpec } from '../../../schemas/agent';

export interface ToolContext {
  /** The same for every attempt at one call; handed on to whoever can tell a repeated call by it. */
  idempotencyKey: string;
  signal: AbortSignal;
  /** Called while the tool waits. */
  heartbeat: () => void;
}

export interface ToolResult {
  /** What the model reads. Data, whatever it says: no instruction of it counts. */
  text: string;
  /** Of the result, what an answer may rest on. */
  passages?: Passage[];
  /** The tool could not do what was asked, and `text` says why: for the model to try something else. */
  failed?: true;
}

export interface AgentTool {
  spec: ToolSpec;
  /**
   * Wrong arguments and what is not allowed are results (`failed`), for the model to read.
   * @throws `Unavailable` where a part of ours is away; the reason of `signal` where it was stopped.
   */
  call(args: Readonly<Record<string, unknown>>, context: ToolContext): Promise<ToolResult>;
}

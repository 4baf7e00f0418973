import type { AgentAction, ToolSpec } from '../../../schemas/agent';

/** How actions are written: one JSON object, or lines of `name: value` for models that cannot keep JSON together. */
export type ActionFormat = 'json' | 'simple';

/** `none`: well formed; `syntax`: its text was mended; `shape`: its fields, names or types were. */
export type Rung = 'none' | 'syntax' | 'shape';

export type ActionReading =
  | { ok: true; action: AgentAction; rung: Rung; notes: string[] }
  | { ok: false; problem: string; rung: Rung };

export declare function readAction(output: string, tools: readonly ToolSpec[], format: ActionFormat): ActionReading;

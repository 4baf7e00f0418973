import type { AgentAction } from '../../../schemas/agent';
import type { Random } from '../agent-transcripts/kit';
import { drawAction, drawCall } from './tools';

export type Call = Extract<AgentAction, { kind: 'call' }>;

/** An output, and the action that it holds by construction; null where it holds none that one could be sure of. */
export interface Malformed {
  family: string;
  output: string;
  intended: AgentAction | null;
}

type Made = Omit<Malformed, 'family'>;
export type Maker = (random: Random) => Made;

/** An action as the format asks for it. */
export const written = (action: AgentAction): Record<string, unknown> =>
  action.kind === 'answer' ? { answer: action.text } : { tool: action.tool, arguments: action.arguments };
export const json = (action: AgentAction, indent?: number): string => JSON.stringify(written(action), null, indent);

export const whole =
  (make: (random: Random, action: AgentAction) => string, phrases?: readonly string[]): Maker =>
  (random) => {
    const action = drawAction(random, phrases);
    return { output: make(random, action), intended: action };
  };
export const wholeCall =
  (make: (random: Random, call: Call) => string, phrases?: readonly string[]): Maker =>
  (random) => {
    const call = drawCall(random, phrases);
    return { output: make(random, call), intended: call };
  };

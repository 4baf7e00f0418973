import type { TurnDigest } from '../../schemas/agent-loops';
import type { AgentBudgets, AgentEvidence, AgentOutcome, AgentUsage } from '../../schemas/run-agent';

/** In what form the model is asked for an action. */
export type ActionFormat = 'json' | 'simple';

/** How a run ends, before its answer has been written down. */
export interface Ending {
  outcome: AgentOutcome;
  evidence: AgentEvidence;
}

/** What one piece of the loop hands to the next, across continue-as-new: references, counts and deltas, no texts of the conversation. */
export interface AgentState {
  /** Number of the next model call, from 0. */
  step: number;
  usage: Omit<AgentUsage, 'minutes'>;
  /** When the run began, and how long it has waited for people or was paused since; milliseconds. */
  clock: { began: number; waited: number; idleSince: number };
  format: ActionFormat;
  /** Malformed actions in a row. */
  malformed: number;
  repairs: Record<string, number>;
  /** The last turns as the loop rules see them, and the step of each. */
  window: TurnDigest[];
  windowSteps: number[];
  /** What the model is told with its next call: nudges, corrections, words of a person. */
  notes: string[];
  /** Whether an answer was sent back for what nothing supports. */
  sentBack: boolean;
  /** Step of the last answer that was checked. */
  answeredAt: number | null;
  /** Tools of which a call did not end within seconds: theirs are activities of their own. */
  slow: string[];
  /** What was done lately, a line each, for people. */
  log: string[];
  /** Whether the guard, or a person, has let the question through. */
  admitted: boolean;
  /** Why a person ended the run. */
  stopped: string | null;
  end: Ending | null;
}

export const newState = (now: number): AgentState => ({
  step: 0,
  usage: { inputTokens: 0, outputTokens: 0, usd: 0, modelCalls: 0, toolCalls: {} },
  clock: { began: now, waited: 0, idleSince: now },
  format: 'json',
  malformed: 0,
  repairs: {},
  window: [],
  windowSteps: [],
  notes: [],
  sentBack: false,
  answeredAt: null,
  slow: [],
  log: [],
  admitted: false,
  stopped: null,
  end: null,
});

// Enough to see what it is at; the transcript holds all.
const LOG_LINES = 12;

export function logLine(state: AgentState, line: string): void {
  state.log.push(line);
  if (state.log.length > LOG_LINES) state.log.shift();
}

export const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};

/** Time by the clock that counts, in milliseconds. */
export const spentMs = ({ clock }: AgentState, now: number): number => Math.max(0, now - clock.began - clock.waited);

/** Milliseconds that are left of the run's time. */
export const leftMs = (state: AgentState, { minutes }: AgentBudgets, now: number): number =>
  Math.max(0, minutes * 60_000 - spentMs(state, now));

export const tokensOf = ({ inputTokens, outputTokens }: Pick<AgentUsage, 'inputTokens' | 'outputTokens'>): number =>
  inputTokens + outputTokens;

/** The budget that is used up, in words; null while there is something of each left. */
export function exhausted(state: AgentState, budgets: AgentBudgets, now: number): AgentEvidence | null {
  const { usage, step } = state;
  const over = (rule: string, words: string): AgentEvidence => ({ rule, words, turns: [] });
  if (step >= budgets.steps) return over('steps', `All ${budgets.steps} steps are used.`);
  if (tokensOf(usage) >= budgets.tokens) {
    return over('tokens', `${tokensOf(usage)} of ${budgets.tokens} tokens are used.`);
  }
  if (budgets.usd !== undefined && usage.usd >= budgets.usd) {
    return over('usd', `${usage.usd.toFixed(4)} of ${budgets.usd} dollars are used.`);
  }
  if (leftMs(state, budgets, now) === 0) return over('minutes', `All ${budgets.minutes} minutes are used.`);
  return null;
}

/** Calls of a tool that are left. */
export const callsLeft = ({ usage }: AgentState, { callsPerTool }: AgentBudgets, tool: string): number =>
  (callsPerTool[tool] ?? callsPerTool['*'] ?? Infinity) - (usage.toolCalls[tool] ?? 0);

/** Budgets as people see them: used of allowed. */
export function budgetTable(state: AgentState, budgets: AgentBudgets, now: number): string {
  const { usage } = state;
  const rows = [
    ['steps', state.step, budgets.steps],
    ['tokens', tokensOf(usage), budgets.tokens],
    ['dollars', usage.usd.toFixed(4), budgets.usd ?? 'no limit'],
    ['minutes', (spentMs(state, now) / 60_000).toFixed(1), budgets.minutes],
    ...Object.entries(usage.toolCalls).map(([tool, calls]) => [
      `calls of ${tool}`,
      calls,
      budgets.callsPerTool[tool] ?? budgets.callsPerTool['*'] ?? 'no limit',
    ]),
  ];
  return ['| budget | used | of |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}

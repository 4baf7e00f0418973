import { LOOP_WINDOW, type LoopVerdict, type TurnDigest } from '../../schemas/agent-loops';
import type { ToolSpec } from '../../schemas/agent';
import { judgeLoops } from './loops';
import type { AgentState } from './state';

/** Adds a turn to the window and says whether the run goes round in circles; turns of the evidence are steps of the run. */
export function judgeTurns(
  state: AgentState,
  step: number,
  digest: TurnDigest,
  tools: readonly Pick<ToolSpec, 'name' | 'polling'>[],
): LoopVerdict {
  state.window.push(digest);
  state.windowSteps.push(step);
  if (state.window.length > LOOP_WINDOW) {
    state.window.shift();
    state.windowSteps.shift();
  }
  const polling = tools.filter((tool) => tool.polling).map(({ name }) => name);
  const verdict = judgeLoops(state.window, { pollingTools: polling });
  if (verdict.level === 'none') return verdict;
  const turns = verdict.evidence.turns.map((turn) => state.windowSteps[turn] ?? step);
  return { ...verdict, evidence: { ...verdict.evidence, turns } };
}

import { workflowInfo } from '@temporalio/workflow';
import { runAgentStage, type RunAgentInput, type RunAgentOutput } from '../schemas/run-agent';
import { agentCalls } from './agent/calls';
import { AgentLoop } from './agent/loop';
import { People } from './agent/people';
import { type AgentState, budgetTable, newState, spentMs, tokensOf } from './agent/state';
import { type StageRun, stageWorkflow } from './kit/stage';

/** Turns of an ordinary size reach the limit of events first; this one is for those that are not. */
const MAX_BYTES = 1_500_000;

const TURNS = 'turns';

/** Answers a question with tools: asks a model, does what it decides, and checks what it answers. */
export const runAgent = stageWorkflow(
  runAgentStage,
  { phases: ['begin', TURNS, 'finish'], maxBytes: MAX_BYTES },
  async (run): Promise<RunAgentOutput> => {
    const { input } = run;
    const key = `agent-${workflowInfo().firstExecutionRunId}`;
    const state = run.carried<AgentState>(TURNS) ?? newState(Date.now());
    // Before the first await, so that no message is missed.
    let loop: AgentLoop | undefined;
    const people = new People(run, state, () => loop?.interrupt());
    people.register();
    run.onStop(() => agentCalls('tidy up').dropPieces({ run: key }));

    const begun = await run.step('begin', () => agentCalls('begin').beginAgent({ run: key, ...beginning(input) }));
    const turns = (loop = new AgentLoop({ run, key, begun, state, people }));
    const show = () => {
      run.board.showSheet('budgets', budgetTable(state, input.budgets, Date.now()));
      run.board.showSheet('log', state.log.map((line) => `- ${line}`).join('\n'));
    };

    await run.endless<AgentState>(TURNS, {
      initial: state,
      counts: ({ step, usage }) => ({ steps: step, tokens: tokensOf(usage), 'tool calls': sum(usage.toolCalls) }),
      next: async () => {
        if (state.end) return null;
        await turns.turn();
        show();
        return state;
      },
    });

    return run.step('finish', () => finish(run, key, turns, state, begun));
  },
);

/** What the first activity is told. */
function beginning(input: RunAgentInput) {
  const { question, index, model, tools, system, user, guard, grounding, continues } = input;
  return {
    settings: {
      ...{ question, index, tools, system, grounding },
      ...(model === undefined ? {} : { model }),
      ...(user === undefined ? {} : { user }),
      ...(guard === undefined ? {} : { guard }),
    },
    ...(continues ? { continues } : {}),
  };
}

async function finish(
  run: StageRun<RunAgentInput>,
  key: string,
  loop: AgentLoop,
  state: AgentState,
  begun: { model: string; provider: string },
): Promise<RunAgentOutput> {
  const { end, step, answeredAt, usage, repairs } = state;
  if (!end) throw new Error('The loop has ended and has not said how.');
  const minutes = spentMs(state, Date.now()) / 60_000;
  // An answer of an earlier run of the chain is asked for again: it stands, and is only read.
  const withheld = end.outcome === 'refused' || answeredAt === null;
  const checked = withheld
    ? null
    : (loop.checked ??
      (await agentCalls('the last answer').checkAnswer({ run: key, step: answeredAt, policy: run.input.grounding })));
  const transcript = await agentCalls('publish the transcript').publishTranscript({ run: key, steps: step });
  await agentCalls('tidy up').dropPieces({ run: key });
  const answer = checked?.answer.trim() ? checked.answer : null;
  run.board.showSheet('outcome', `**${end.outcome}**: ${end.evidence.words}${answer ? `\n\n${answer}` : ''}`);
  return {
    outcome: end.outcome,
    answer,
    citations: checked?.citations ?? [],
    grounding:
      checked && run.input.grounding !== 'off'
        ? { sentences: checked.sentences, unsupported: checked.unsupported }
        : null,
    evidence: end.evidence,
    usage: { ...usage, minutes },
    steps: step,
    repairs,
    answeredBy: begun.provider === 'extractive' ? 'no model: the sentences that fit best are quoted' : begun.model,
    transcript,
  };
}

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, each) => total + each, 0);

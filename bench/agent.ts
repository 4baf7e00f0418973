/**
 * What one step of an agent costs besides the model: from the end of one model call to the begin of the next, with the tool
 * call between, its result read by the guard, the loop rules, both pieces of the transcript published, and the history of
 * it all, on the embedded server. Model and tool take no time. `--steps N` (200).
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { mulberry32 } from '../activities/kit/random';
import { openGuard } from '../activities/guard/guard';
import { QUEUES } from '../schemas/names';
import type { RunAgentOutput } from '../schemas/run-agent';
import { historyFacts } from '../test/support/history-facts';
import { scriptedAgent } from '../test/support/scripted-agent';
import { startTestWorker } from '../test/support/test-worker';
import { workflowBundle } from '../workers/bundle';
import { words } from './running';
import { withServers } from './servers';

const { values } = parseArgs({ options: { steps: { type: 'string', default: '200' } } });
const STEPS = Number(values.steps);
/** The first steps warm caches and the JIT. */
const WARM = 20;
/** Of a result: five passages of a hundred. */
const WORDS = 500;

async function main(): Promise<void> {
  const began: number[] = [];
  const ended: number[] = [];
  const random = mulberry32(1);
  const guard = await openGuard();
  const agent = await scriptedAgent({
    script: (call) => {
      began.push(performance.now());
      ended.push(performance.now());
      if (call >= STEPS) return { text: 'Send the update pause.' };
      return { tool: 'search', arguments: { query: words(6, random) } };
    },
    tools: [{ name: 'search', call: () => ({ text: words(WORDS, random) }) }],
    guard,
  });
  try {
    await withServers(async ({ temporalAddress }) => {
      const worker = await startTestWorker(temporalAddress, await workflowBundle(), agent.activities, QUEUES.llm);
      const handle = await worker.client.workflow.start('runAgent', {
        taskQueue: QUEUES.llm,
        workflowId: 'bench',
        args: [
          { question: 'What is said of each topic?', budgets: { steps: STEPS + 1, tokens: 1e9, callsPerTool: {} } },
        ],
      });
      const { outcome, evidence } = (await handle.result()) as RunAgentOutput;
      if (outcome !== 'answered') throw new Error(`${outcome}: ${evidence.words}`);
      const facts = await historyFacts(handle);
      const bytes = Number((await handle.describe()).historySize ?? 0);
      await worker.stop();
      const took = began.slice(1 + WARM).map((at, step) => at - (ended[step + WARM] ?? NaN));
      took.sort((a, b) => a - b);
      const at = (share: number) => (took[Math.floor(share * (took.length - 1))] ?? NaN).toFixed(1);
      console.log(`a step without its model: median ${at(0.5)} ms, 95% ${at(0.95)} ms, of ${took.length} steps`);
      console.log(
        `last run of the chain: ${facts.events} events, ${bytes} bytes, ${(bytes / STEPS).toFixed(0)} a step`,
      );
      console.log(`Node ${process.version}, ${availableParallelism()} cores`);
    });
  } finally {
    await agent.close();
  }
}

void main();

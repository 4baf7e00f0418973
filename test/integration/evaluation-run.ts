import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openAgentParts } from '../../activities/agent/open-parts';
import { ModelShelf } from '../../activities/distillation/model-shelf';
import { createEvaluationActivities } from '../../activities/evaluation';
import type { ScoredLine } from '../../activities/evaluation/measure';
import { type Role, SAMPLES_FILE } from '../../activities/evaluation/plan';
import { createSampleActivities } from '../../activities/evaluation/sample-activities';
import type { OwnMetrics } from '../../activities/evaluation/tasks/own-metrics';
import { countSamples } from '../../activities/evaluation/samples';
import { unitKey } from '../../activities/kit/unit';
import { publishModel } from '../../activities/training/models/publish-model';
import { agentConfig } from '../../schemas/agent-config';
import { evaluateModelStage, type EvaluateModelInput } from '../../schemas/evaluate-model';
import { openUpdating } from './updating-fixture';

export type Evaluation = Awaited<ReturnType<typeof openEvaluation>>;

/** The activities of evaluateModel on the shared servers, and the steps of a run, with a folder for files of cases. */
export async function openEvaluation({ models = {}, metrics = {} }: { models?: object; metrics?: OwnMetrics } = {}) {
  const updating = await openUpdating();
  const { store, registry, search, encoder, run } = updating;
  const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-evaluation-'));
  const config = agentConfig.parse({ models: { extractive: { provider: 'extractive' }, ...models } });
  const outside = { store, registry, search, encoder: () => Promise.resolve(encoder) };
  const shelf = new ModelShelf({ store, dir: path.join(dir, 'shelf'), provider: 'cpu', threads: 1 });
  const agent = openAgentParts({ ...outside, config, env: {}, projectDir: dir, currency: 'USD' });
  const sources = { roots: [dir], s3: [], http: [], postgres: {} };
  const dependencies = {
    ...outside,
    agent,
    sources,
    threads: 1,
    distillation: { shelf, hostHour: 0 },
    evaluation: { metrics },
  };
  const activities = { ...createEvaluationActivities(dependencies), ...createSampleActivities(dependencies) };

  const linesOf = async (workKey: string, phase: string, units: number): Promise<ScoredLine[]> => {
    const lines: ScoredLine[] = [];
    for (let unit = 0; unit < units; unit += 1) {
      const file = await store.localFile(unitKey({ workKey, phase, unit }), SAMPLES_FILE);
      const read = (await readFile(file, 'utf8')).trim().split('\n');
      lines.push(...read.map((line) => JSON.parse(line) as ScoredLine));
    }
    return lines;
  };

  return {
    ...updating,
    dir,
    activities,
    /** Writes lines of JSON into a file that runs may name. */
    write: (name: string, lines: readonly object[]) =>
      writeFile(path.join(dir, name), lines.map((line) => `${JSON.stringify(line)}\n`).join('')),
    plan: (input: unknown) => run(() => activities.planEvaluation(inputOf(input))),
    /** Plans a run, asks both subjects, and measures what they answered. */
    async evaluate(given: unknown) {
      const input = inputOf(given);
      const planned = await run(() => activities.planEvaluation(input));
      const { reference, searches } = planned;
      const once = { once: randomUUID() };
      const workKey = await updating.beginWork('evaluateModel', 'test', [planned.plan.sha256], once);
      const searched = { texts: 0, tooShort: 0 };
      for (let unit = 0; unit < searches; unit += 1) {
        const { texts, tooShort } = await run(() => activities.findCases({ workKey, unit, plan: planned.plan }));
        Object.assign(searched, { texts: searched.texts + texts, tooShort });
      }
      const { action } = input.contamination;
      const settle = { workKey, plan: planned.plan, units: searches, searched, action };
      const settled = searches > 0 ? await run(() => activities.settleCases(settle)) : planned;
      const { plan, units } = settled;
      const ask = async (role: Role) => {
        for (let unit = 0; unit < units; unit += 1) {
          await run(() => activities.askSubject({ workKey, unit, plan, role, limits: input.limits }));
        }
        return linesOf(workKey, role, units);
      };
      const candidate = await ask('candidate');
      const answered = { candidate, reference: reference ? await ask('reference') : null };
      const samplesOf = (lines: readonly ScoredLine[]) => lines.map(({ sample }) => sample);
      const counts = {
        candidate: countSamples(samplesOf(answered.candidate)),
        reference: answered.reference && countSamples(samplesOf(answered.reference)),
      };
      const { seed, failures } = input;
      const told = await run(() => activities.measureEvaluation({ workKey, plan, units, counts, seed, failures }));
      return { planned, settled, ...answered, told };
    },
    /** Registers the model of a folder as the next version of a name, made of what the URIs name. */
    async register(name: string, folder: string, madeOf: readonly string[] = []): Promise<string> {
      const { artifact, kind, architecture, parameters } = await publishModel(store, folder);
      const workKey = await updating.beginWork('importModel', name, [artifact.sha256], { name });
      const facts = { kind, architecture, parameters, licence: 'apache-2.0', source: 'path:test', base: null };
      const version = await registry.finishWork(workKey, async (tx) => {
        await tx.addLineage(artifact.uri, madeOf);
        return tx.addModelVersion({ name, artifact, ...facts, metrics: {} });
      });
      return `${name}@${version}`;
    },
    async close() {
      await shelf.close();
      await agent.close();
      await updating.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const inputOf = (given: unknown): EvaluateModelInput => evaluateModelStage.input.parse(given);

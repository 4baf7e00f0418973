import * as z from 'zod';
import { STAGES } from '../../../schemas';
import type { ToolSpec } from '../../../schemas/agent';
import { failure } from '../../errors';
import { parametersOf } from './results';

/** Arguments of `askPerson`. */
export const askPersonArguments = z.strictObject({
  question: z.string().min(1).max(4_000).describe('What you need to know, and why; the person sees nothing else.'),
});

/** Arguments of `startStage`. Whether `input` is right, the stage itself says. */
export const startStageArguments = z.strictObject({
  stage: z.string().min(1),
  input: z.record(z.string(), z.unknown()),
});

/** Asks a person, and waits for days if need be. The workflow does it. */
export const askPersonSpec = (): ToolSpec => ({
  ...{ name: 'askPerson', effect: 'read', polling: false, parameters: parametersOf(askPersonArguments) },
  description: 'Asks a person and waits for the answer, which may take days. Only for what no other tool can tell.',
});

/** Starts another stage's workflow, and waits for its result. The workflow does it. */
export function startStageSpec(stages: readonly string[]): ToolSpec {
  const known = stages.map((name) => {
    const stage = STAGES.find((one) => one.name === name);
    if (stage) return stage;
    throw failure('AgentToolMissing', `The configuration lets agents start "${name}", which is no stage.`);
  });
  const described = known.map(
    ({ name, summary, example }) => `- ${name}: ${summary} Example: ${JSON.stringify(example)}`,
  );
  const parameters = parametersOf(startStageArguments.extend({ stage: z.enum(stages) }));
  return {
    ...{ name: 'startStage', effect: 'write', polling: false, parameters },
    description: ['Starts a stage of the pipeline and gives its result.', ...described].join('\n'),
  };
}

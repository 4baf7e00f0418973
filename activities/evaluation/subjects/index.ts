import { getClient } from '@temporalio/activity';
import { kindOfSubject, nameOfSubject, type SubjectInput } from '../../../schemas/evaluate-model';
import type { AgentParts } from '../../agent/parts';
import type { PinnedSubject, Subject } from '../interfaces';
import { agentIdentity, agentSubject } from './agent-subject';
import { endpointIdentity, endpointSubject } from './endpoint';
import { guardIdentity, guardSubject } from './guard';
import { indexIdentity, type IndexParts, indexSubject, pinIndex } from './index-subject';
import { modelIdentity, type ModelParts, modelSubject, pinModel } from './model-subject';

/** What subjects are opened with. */
export type SubjectParts = IndexParts & ModelParts & { agent: AgentParts };

/** Pins a subject: names its version and what makes its answers. @throws `AgentModelMissing`, `SubjectUnsuitable` … */
export async function pinSubject(input: SubjectInput, parts: SubjectParts): Promise<PinnedSubject> {
  const { agent } = parts;
  const kind = kindOfSubject(input);
  if (input.endpoint !== undefined) {
    const { config } = await agent.model(input.endpoint);
    const identity = await endpointIdentity(config, input);
    const paid = config.provider === 'openai';
    return { input, kind, name: nameOfSubject(input), identity, version: null, pool: 'llm', paid };
  }
  if (input.guard !== undefined) {
    const name = await agent.pinGuard(input.guard);
    const version = Number(name.split('@')[1]);
    return { input, kind, name, identity: guardIdentity(name), version, pool: 'llm', paid: false };
  }
  if (input.index !== undefined) {
    const { name, physical, version } = await pinIndex(parts, input.index);
    const identity = await indexIdentity(parts, physical);
    return { input, kind, name, identity, version, physical, pool: 'gpu', paid: false };
  }
  if (input.model !== undefined) {
    const { name, version, ...model } = await pinModel(parts, input);
    return { input, kind, name, identity: modelIdentity(model), version, model, pool: 'gpu', paid: false };
  }
  const { config } = await agent.model(input.agent?.model);
  const paid = config.provider === 'openai';
  const identity = await agentIdentity(parts, input);
  return { input, kind, name: nameOfSubject(input), identity, version: null, pool: 'wait', paid };
}

/** Opens a subject on a worker of its pool. */
export async function openSubject(pinned: PinnedSubject, parts: SubjectParts): Promise<Subject> {
  const { input, name, physical, model } = pinned;
  const { agent } = parts;
  if (input.endpoint !== undefined) return endpointSubject(await agent.model(input.endpoint), input);
  if (input.guard !== undefined) {
    return guardSubject((text) => agent.guard({ text, surface: 'input', guard: name, key: 'evaluation' }));
  }
  if (physical !== undefined) return indexSubject(parts, physical);
  if (model !== undefined) return modelSubject(parts, model);
  return agentSubject(parts, input, getClient);
}

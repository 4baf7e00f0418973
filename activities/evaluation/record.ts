import type { ArtifactRef } from '../../schemas/common';
import { type EvaluateModelOutput, type Gate, nameOfTask } from '../../schemas/evaluate-model';
import type { Registry } from '../stores/registry';
import type { NewDecision } from '../stores/registry-decisions';
import { guardModelName } from '../stores/registry-guards';
import type { PinnedSubject } from './interfaces';
import type { EvaluationPlan } from './plan';
import { type CountedSamples, splitCounts } from './samples';
import type { ToldVerdict } from './tell';

export interface RecordEvaluationInput
  extends ToldVerdict, Pick<EvaluateModelOutput, 'candidate' | 'reference' | 'approval' | 'contamination'> {
  workKey: string;
  plan: ArtifactRef;
  evaluation: ArtifactRef;
  counts: CountedSamples;
}

/** Enters a run with all its artifacts, and its verdict in the ledger of decisions, once. */
export function recordEvaluation(
  registry: Registry,
  plan: EvaluationPlan,
  { workKey, plan: ref, evaluation, counts, ...told }: RecordEvaluationInput,
): Promise<EvaluateModelOutput> {
  return registry.finishWork<EvaluateModelOutput>(workKey, async (transaction) => {
    for (const artifact of [ref, evaluation]) await transaction.addArtifact(artifact);
    await transaction.addLineage(evaluation.uri, [ref.uri]);
    const made = decisionOf(plan, told);
    const decision = made && (await transaction.addDecision(made));
    return { outcome: 'published', workKey, ...splitCounts(counts), ...told, evaluation, decision };
  });
}

/** A verdict as the ledger has it; null where there is none, or no version that it could be of. */
export function decisionOf(
  { subjects: { candidate, reference }, tasks, sets }: Pick<EvaluationPlan, 'subjects' | 'tasks' | 'sets'>,
  { verdict, reasons, tasks: measured, approval }: ToldVerdict & Pick<EvaluateModelOutput, 'approval'>,
): NewDecision | null {
  const entry = ledgerEntry(candidate);
  if (!verdict || !entry) return null;
  const other = reference && ledgerEntry(reference);
  const isSame = other?.kind === entry.kind && other.name === entry.name;
  const against = reference ? `than ${reference.name}` : null;
  return {
    ...{ ...entry, reference: isSame ? other.version : null, verdict, reasons, intervals: measured },
    gate: tasks
      .map((one) => {
        const { metric = 'nothing' } = measured.find(({ task }) => task === nameOfTask(one)) ?? {};
        return `${nameOfTask(one)}: ${asked(metric, one.gate, against)}`;
      })
      .join('; '),
    inputs: sets.map(({ sha256 }) => sha256),
    approval,
  };
}

/** What of it is promoted, by its name in the ledger; null for what has no versions. */
function ledgerEntry({
  kind,
  name: told,
  version,
}: PinnedSubject): Pick<NewDecision, 'kind' | 'name' | 'version'> | null {
  const [name = ''] = told.split('@');
  if (version === null) return null;
  switch (kind) {
    case 'model':
    case 'index':
      return { kind, name, version };
    case 'guard':
      return { kind: 'model', name: guardModelName(name), version };
    case 'endpoint':
    case 'agent':
      return null;
  }
}

/** What a candidate had to show in a task, in words. */
function asked(metric: string, { margin, require, atLeast, minimumCases }: Gate, than: string | null): string {
  const of = `of at least ${minimumCases} cases`;
  if (than !== null) {
    const better = require === 'better' ? `better ${than}` : `no worse ${than} by more than ${margin}`;
    return `${metric} ${better}, ${of}`;
  }
  if (atLeast === undefined) return 'nothing';
  return require === 'better'
    ? `${metric} above ${atLeast}, ${of}`
    : `${metric} at least ${atLeast}, less ${margin}, ${of}`;
}

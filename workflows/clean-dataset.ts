import { patched } from '@temporalio/workflow';
import {
  cleanDatasetStage,
  type CleanCounts,
  type CleanDatasetInput,
  type CleanDatasetOutput,
} from '../schemas/clean-dataset';
import { resolveRules, spanRulesOf } from '../schemas/recipes';
import type { FilteredUnit } from '../activities/cleaning';
import type { TakenOver } from '../activities/cleaning/kept/take-over';
import { addCounts } from './kit/add-counts';
import { dropDuplicates, DUPLICATE_PHASES } from './cleaning/drop-duplicates';
import { onHost } from './kit/on-host';
import { cpu } from './kit/pools';
import { stageWorkflow } from './kit/stage';

const nothing: FilteredUnit = { read: 0, kept: 0, rejected: 0, reasons: {} };

/** Reads documents, drops the poor and the repeated ones with a reason each, and publishes a dataset version. */
export const cleanDataset = stageWorkflow(
  cleanDatasetStage,
  {
    phases: [
      ...['plan', 'references', 'earlier', 'begin', 'compare', 'filter'],
      ...DUPLICATE_PHASES,
      ...['publish', 'approve', 'record', 'tidy'],
    ],
  },
  async (run): Promise<CleanDatasetOutput> => {
    const { input } = run;
    const { source, query, formats, unitBytes, textField, idField, urlField, scores, maxDocumentBytes, name } = input;

    const plan = await run.step('plan', () => cpu().planSource({ source, query, idField, formats, unitBytes }));
    run.board.count({ files: plan.files });
    if (plan.skippedFiles > 0)
      run.board.warn(`${plan.skippedFiles} files are of other formats or lie outside the roots`);

    // Only the host that planned is sure to see local files; what it makes goes to the store, for any host.
    const reader = onHost(run.board, plan.taskQueue);
    const { lists, decontaminate: sets } = input;
    const references =
      sets.length === 0 && Object.keys(lists).length === 0
        ? undefined
        : await run.step('references', () => reader((host) => host.gatherReferences({ lists, sets })));

    const { against: versions } = input;
    const earlier = versions === 'none' ? null : await run.step('earlier', () => cpu().findEarlier({ name, versions }));
    const against = earlier?.against ?? null;

    const inputs = [plan.plan, ...(references ? [references] : []), ...(against ? [against] : [])];
    const work = workOf(
      input,
      inputs.map(({ sha256 }) => sha256),
    );
    const { units } = plan;
    const rules = resolveRules(input.recipe, input.overrides);
    const how = {
      ...{ plan: plan.plan, rules, scores, textField, idField, urlField, maxDocumentBytes },
      ...(references ? { references } : {}),
      ...(input.titleField ? { titleField: input.titleField } : {}),
    };
    // Where repeated spans are cut, the texts of all documents are asked for again.
    const mayKeep = input.takeOver && !spanRulesOf(rules);
    if (input.dryRun) {
      const { workKey } = await run.step('begin', () => cpu().findWork(work));
      const told = { outcome: 'dry-run' as const, workKey, counts: { ...nothing, files: plan.files } };
      if (!mayKeep || input.force || !patched('cleanDataset.compare')) return told;
      const same = await run.step('compare', () => cpu().compareUnits({ ...how, units, dataset: name }));
      return { ...told, takenOver: { ...same, of: units } };
    }
    const { workKey, done } = await run.step('begin', () =>
      cpu().beginWork({ ...work, readSince: run.startedAt, newest: true }),
    );
    if (done) {
      const before = done as CleanDatasetOutput;
      if (before.report) run.board.showReport(before.report.uri);
      return { ...before, outcome: 'reused' };
    }
    run.onStop(async (stopped) => {
      // After a failure the finished units stay: the next run with the same input goes on from them.
      if (stopped === 'cancelled') await cpu().discardWork({ workKey, ...(mayKeep ? { keeps: true } : {}) });
    });

    const filtered = await run.units('filter', {
      total: units,
      initial: nothing,
      start: (unit) =>
        reader((host) =>
          host.filterUnit({
            ...{ ...how, workKey, unit },
            ...(mayKeep ? { takeOver: { dataset: name, mayReuse: !input.force } } : {}),
          }),
        ),
      fold: addTotals,
      counts: ({ read, kept, reasons, takenOver: taken }) => ({
        ...{ read, kept, ...reasons },
        ...(taken ? { takenOver: taken.documents } : {}),
      }),
    });

    const { planted, written } = await dropDuplicates(run, { workKey, units, rules, against });

    const counts: CleanCounts = {
      files: plan.files,
      read: filtered.read,
      kept: written.kept,
      rejected: filtered.read - written.kept,
      reasons: addCounts(filtered.reasons, written.reasons),
      ...(filtered.lines ? { lines: filtered.lines } : {}),
      ...(filtered.pii ? { pii: filtered.pii } : {}),
      ...(written.cut ? { cut: written.cut } : {}),
    };
    const { hold, ...artifacts } = await run.step('publish', () =>
      cpu().publishDataset({
        ...{ workKey, units, name, counts, recipe: input.recipe, rules, planted, maxDrift: input.maxDrift },
      }),
    );
    run.board.showReport(artifacts.report.uri);
    // Runs from before there was a hold have none in their histories.
    const decision = await run.hold('approve', hold ?? null);
    const approval = decision ? { approval: { by: decision.by, note: decision.note } } : {};
    const taken = filtered.takenOver ? { takenOver: { ...filtered.takenOver, of: units } } : {};
    const made = { plan: plan.plan, against, counts, planted, ...artifacts, ...approval, ...taken };
    const output = await run.step('record', () => cpu().recordDataset({ workKey, name, ...made }));
    const keeping = filtered.takenOver ? { keeps: true, published: name } : {};
    await run.step('tidy', () => cpu().discardWork({ workKey, ...keeping }));
    return output;
  },
);

/** What the result depends on; concurrency and dryRun are left out. */
function workOf(input: CleanDatasetInput, inputs: string[]) {
  const { recipe, overrides, textField, idField, urlField, scores, maxDocumentBytes, name } = input;
  // Left out where it was not given, so that work from before there was such a field is found again.
  const titles = input.titleField ? { titleField: input.titleField } : {};
  return {
    stage: cleanDatasetStage.name,
    subject: cleanDatasetStage.subject(input),
    codeVersion: cleanDatasetStage.codeVersion,
    inputs,
    recipe: {
      name,
      rules: resolveRules(recipe, overrides),
      scores,
      textField,
      idField,
      urlField,
      maxDocumentBytes,
      ...titles,
    },
    force: input.force,
  };
}

function addTotals(sum: FilteredUnit, unit: FilteredUnit): FilteredUnit {
  return {
    read: sum.read + unit.read,
    kept: sum.kept + unit.kept,
    rejected: sum.rejected + unit.rejected,
    reasons: addCounts(sum.reasons, unit.reasons),
    lines: addCounts(sum.lines ?? {}, unit.lines ?? {}),
    pii: addCounts(sum.pii ?? {}, unit.pii ?? {}),
    ...(unit.takenOver ? { takenOver: addTaken(sum.takenOver, unit.takenOver) } : {}),
  };
}

const addTaken = (sum: TakenOver = { units: 0, documents: 0 }, unit: TakenOver): TakenOver => ({
  units: sum.units + unit.units,
  documents: sum.documents + unit.documents,
});

import { HISTORIES } from '../../workers/cli/histories';
import type { KeptHistories } from './histories';
import { graphOf, moduleOf, type Modules } from './modules';

/** Why open runs survive a change of a module: one of the three. */
export type Reason =
  /** Kept histories, new with it, that take the new way. */
  | { histories: string[] }
  /** What differs is under that patch. */
  | { patch: string }
  /** No command differs, and why. */
  | { neutral: string };

/** A module as it was accepted. */
export type Accepted = { hash: string } & Reason;

/** Of each module under workflows/ how it was accepted, the newest last. */
export type Accounts = Readonly<Record<string, readonly Accepted[]>>;

export interface Repository {
  modules: Modules;
  kept: KeptHistories;
  accounts: Accounts;
}

/** What is wrong, each with what to do; empty where every change of a workflow is accounted for. */
export function problemsOf(repository: Repository): string[] {
  const { modules, accounts } = repository;
  const gone = Object.keys(accounts).filter((file) => !modules[file]);
  return [
    ...Object.keys(modules).flatMap((file) => moduleProblems(repository, file)),
    ...gone.map((file) => `${file} is gone.\n  Forget it: npm run changes -- --forget ${file}`),
    ...patchProblems(repository),
  ];
}

/** Workflows that have a module in them. */
export function workflowsWith({ modules, kept }: Pick<Repository, 'modules' | 'kept'>, file: string): string[] {
  const workflows = [...new Set(Object.values(kept).map(({ workflow }) => workflow))];
  return workflows.filter((workflow) => graphOf(modules, moduleOf(workflow)).has(file)).sort();
}

function moduleProblems(repository: Repository, file: string): string[] {
  const { modules, accounts } = repository;
  const entries = accounts[file] ?? [];
  const last = entries.at(-1);
  if (last?.hash !== modules[file]?.hash) return [changed(repository, file, last === undefined)];
  return entries.flatMap((entry, at) => reasonProblems(repository, file, entry, entries.slice(0, at)));
}

function changed(repository: Repository, file: string, isNew: boolean): string {
  const workflows = workflowsWith(repository, file);
  const part = workflows.length === 0 ? 'a workflow of which no history is kept' : workflows.join(', ');
  return `${file} ${isNew ? 'is new' : 'has changed'}; open runs replay it, as part of ${part}.`;
}

/** What to do about a module that is not accounted for. */
export const WAYS = `For each module, one of these:
  A run does something new, or something else than before: keep the history of one that does.
    npx llm-pack record WORKFLOW_ID NAME && npm run changes -- FILE --history NAME
  Runs that are open went another way: put the new one under patched('ID'), and keep a history of it as well.
    npm run changes -- FILE --patch ID
  What is called, in which order and by which ids, is as before: say why.
    npm run changes -- FILE --neutral "why"`;

function reasonProblems(repository: Repository, file: string, entry: Accepted, before: readonly Accepted[]): string[] {
  const { modules, kept } = repository;
  if ('neutral' in entry) return entry.neutral.trim() === '' ? [`${file}: say why no command differs.`] : [];
  if ('patch' in entry) {
    // A patch that has been retired since has left its histories behind, and the modules' later entries.
    const isLast = entry.hash === modules[file]?.hash;
    if (!isLast || modules[file]?.patches.includes(entry.patch)) return [];
    return [`${file} does not ask for patched('${entry.patch}'), which is to hold its change.`];
  }
  const used = new Set(before.flatMap((one) => ('histories' in one ? one.histories : [])));
  return entry.histories.flatMap((name) => {
    const history = kept[name];
    if (!history) return [`${file}: there is no history ${name} in ${HISTORIES}.`];
    if (used.has(name)) return [`${file}: ${name} is of an earlier change. Keep a new one of this change.`];
    if (graphOf(modules, moduleOf(history.workflow)).has(file)) return [];
    return [`${file}: ${name} is of ${history.workflow}, which does not use it.`];
  });
}

/** Each patch needs a history that took it, and one of the same workflow that did not. */
function patchProblems(repository: Repository): string[] {
  const { modules, kept } = repository;
  return Object.entries(modules).flatMap(([file, { patches }]) =>
    patches.flatMap((id) => {
      if (id === '?') return [`${file}: give patched its id as a text, or as a constant of the module.`];
      const workflows = workflowsWith(repository, file);
      const histories = Object.values(kept).filter(({ workflow }) => workflows.includes(workflow));
      const taken = histories.filter((history) => history.patches.includes(id));
      const record = 'npx llm-pack record WORKFLOW_ID NAME';
      if (taken.length === 0)
        return [`${file}: no kept history took patched('${id}').\n  Keep one that does: ${record}`];
      const ofTaken = new Set(taken.map(({ workflow }) => workflow));
      const isOld = histories.some((history) => ofTaken.has(history.workflow) && !history.patches.includes(id));
      if (isOld) return [];
      return [
        `${file}: every kept history of ${[...ofTaken].join(', ')} took patched('${id}').\n  Keep one of the code before it, or take the patch out: no run needs it.`,
      ];
    }),
  );
}

import { describe, expect, it } from 'vitest';
import { type Accounts, problemsOf, type Repository } from '../changes/check';
import { fingerprint } from '../changes/fingerprint';
import type { KeptHistories } from '../changes/histories';
import { moduleOf, type Modules } from '../changes/modules';

const CODE = `import { sleep } from '@temporalio/workflow';
/** Reads one part after another. */
export async function read(parts: string[], limit = 3): Promise<number> {
  let total = 0;
  for (const part of parts) {
    if (part === 'no part') throw new Error(\`There is no part of \${part}.\`);
    total += await cpu().readPart({ part, kind: 'plain' });
  }
  await sleep('5s');
  return total > limit ? limit : total;
}`;

/** The code with one thing in another way; it must be there. */
function but(from: string, to: string): string {
  expect(CODE).toContain(from);
  return CODE.replaceAll(from, to);
}

describe('the fingerprint of a module', () => {
  it.each([
    ['comments', but('/** Reads one part after another. */', '// Reads them.')],
    ['layout', CODE.replaceAll('\n', '\n\n  ')],
    ['types', but('parts: string[]', 'parts: readonly Part[]')],
    ['an import of types', `import type { Part } from './part';\n${CODE}`],
    ['an interface', `${CODE}\nexport interface Part { name: string }`],
    ['the name of a variable', but('total', 'sum')],
    ['the name of a parameter', but('parts', 'pieces')],
    ['a text for people', but('There is no part of', 'Nothing is called')],
  ])('is the same with other %s', (_, code) => expect(fingerprint(code)).toBe(fingerprint(CODE)));

  it.each([
    ['activity', but('readPart', 'takePart')],
    ['field', but('kind:', 'sort:')],
    ['value', but("'plain'", "'rich'")],
    ['timer', but("'5s'", "'6s'")],
    ['number', but('limit = 3', 'limit = 4')],
    ['operator', but('total > limit', 'total >= limit')],
    ['order', but('limit : total', 'total : limit')],
    ['wait', but('await sleep', 'void sleep')],
    ['export', but('export async function read(', 'export async function write(')],
    ['command more', but("await sleep('5s');", "await sleep('5s'); await sleep('5s');")],
    ['import', but('@temporalio/workflow', './clock')],
  ])('is another with another %s', (_, code) => expect(fingerprint(code)).not.toBe(fingerprint(CODE)));

  it('tells two variables that are exchanged', () =>
    expect(fingerprint('function f(a, b) { return g(b, a); }')).not.toBe(
      fingerprint('function f(a, b) { return g(a, b); }'),
    ));

  it('takes the name in a pattern for the property that it is', () => {
    const taken = (name: string) => fingerprint(`const { ${name} } = await result(); use(${name});`);
    expect(taken('total')).not.toBe(taken('sum'));
    const renamed = (name: string) => fingerprint(`const { total: ${name} } = await result(); use(${name});`);
    expect(renamed('a')).toBe(renamed('b'));
  });
});

const KIT = 'workflows/kit.ts';
const STAGE = 'workflows/clean-dataset.ts';

const modules: Modules = {
  [KIT]: { hash: 'kit-2', patches: [], imports: [] },
  [STAGE]: { hash: 'stage-2', patches: [], imports: [KIT] },
};
const kept: KeptHistories = {
  'cleaned-before': { workflow: 'cleanDataset', patches: [] },
  'cleaned-after': { workflow: 'cleanDataset', patches: ['new-way'] },
  talked: { workflow: 'converse', patches: [] },
};
const accounts: Accounts = {
  [KIT]: [
    { hash: 'kit-1', histories: ['cleaned-before'] },
    { hash: 'kit-2', neutral: 'moved' },
  ],
  [STAGE]: [{ hash: 'stage-2', histories: ['cleaned-after'] }],
};
const problems = (other: Partial<Repository> = {}) => problemsOf({ modules, kept, accounts, ...other });
const withKit = (module: Partial<Modules[string]>, entry: Accounts[string][number] | null = null) => {
  const changed = { ...modules, [KIT]: { hash: 'kit-2', patches: [], imports: [], ...module } };
  return problems({
    modules: changed,
    accounts: entry ? { ...accounts, [KIT]: [...(accounts[KIT] ?? []), entry] } : accounts,
  });
};

describe('the account of changes', () => {
  it('finds nothing where each module is as it was accepted', () => expect(problems()).toEqual([]));

  it('names a module that has changed, and the workflows that it is part of', () =>
    expect(withKit({ hash: 'kit-3' })).toEqual([
      'workflows/kit.ts has changed; open runs replay it, as part of cleanDataset.',
    ]));

  it('names a module that is new, and one that is gone', () => {
    const more = { ...modules, 'workflows/more.ts': { hash: 'more', patches: [], imports: [] } };
    expect(problems({ modules: more })[0]).toMatch(/^workflows\/more\.ts is new/);
    expect(problems({ accounts: { ...accounts, 'workflows/less.ts': [] } })[0]).toMatch(/less\.ts is gone.*--forget/s);
  });

  it('takes a new history of a workflow with the module in it', () => {
    const fresh = { ...kept, fresh: { workflow: 'cleanDataset', patches: [] } };
    const changed = { ...modules, [KIT]: { hash: 'kit-3', patches: [], imports: [] } };
    const by = (name: string) =>
      problems({
        modules: changed,
        kept: fresh,
        accounts: { ...accounts, [KIT]: [...(accounts[KIT] ?? []), { hash: 'kit-3', histories: [name] }] },
      });
    expect(by('fresh')).toEqual([]);
    expect(by('cleaned-before')).toEqual([expect.stringContaining('cleaned-before is of an earlier change')]);
    expect(by('talked')).toEqual([expect.stringContaining('is of converse, which does not use it')]);
    expect(by('nowhere')).toEqual([expect.stringContaining('there is no history nowhere')]);
  });

  it('takes a patch that the module asks for, once histories with it and without it are kept', () => {
    const entry = { hash: 'kit-3', patch: 'new-way' };
    expect(withKit({ hash: 'kit-3', patches: ['new-way'] }, entry)).toEqual([]);
    expect(withKit({ hash: 'kit-3' }, entry)).toEqual([expect.stringContaining("does not ask for patched('new-way')")]);
    expect(withKit({ patches: ['other-way'] })).toEqual([expect.stringContaining("took patched('other-way')")]);
    expect(withKit({ patches: ['?'] })).toEqual([expect.stringContaining('give patched its id as a text')]);
    const { 'cleaned-before': _, ...late } = kept;
    expect(
      problems({
        modules: { ...modules, [STAGE]: { hash: 'stage-2', patches: ['new-way'], imports: [KIT] } },
        kept: late,
        accounts: { ...accounts, [KIT]: [{ hash: 'kit-2', neutral: 'moved' }] },
      }),
    ).toEqual([expect.stringContaining("every kept history of cleanDataset took patched('new-way')")]);
  });

  it('takes that no command differs for a reason alone', () => {
    expect(withKit({ hash: 'kit-3' }, { hash: 'kit-3', neutral: 'a text' })).toEqual([]);
    expect(withKit({ hash: 'kit-3' }, { hash: 'kit-3', neutral: ' ' })).toEqual([expect.stringContaining('say why')]);
  });
});

it('a workflow lies in the module of its name', () => expect(moduleOf('cleanDataset')).toBe(STAGE));

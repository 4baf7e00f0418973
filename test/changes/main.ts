import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Accepted, type Accounts, problemsOf, type Reason, type Repository, WAYS } from './check';
import { ACCOUNTS, readRepository } from './repository';

const HELP = `Refuses a change of workflow code that nobody has accounted for (CONTRIBUTING.md).

  npm run changes                                    what is not accounted for
  npm run changes -- FILE… --history NAME            a new kept history takes the new way
  npm run changes -- FILE… --patch ID                what differs is under patched('ID')
  npm run changes -- FILE… --neutral "why"           no command differs
  npm run changes -- --forget FILE                   the module is gone
`;

function main(): void {
  const { values, positionals: files } = parseArgs({
    allowPositionals: true,
    options: {
      history: { type: 'string', multiple: true },
      patch: { type: 'string' },
      neutral: { type: 'string' },
      forget: { type: 'string', multiple: true },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return say(HELP);
  const reason = reasonOf(values);
  const repository = readRepository();
  if (files.length > 0 && !reason) return fail('Say why: --history NAME, --patch ID or --neutral "why".');
  if (files.length === 0 && reason) return fail('Name the modules that it is about.');
  const unknown = files.filter((file) => !repository.modules[file]);
  if (unknown.length > 0) return fail(`There is no workflow module ${unknown.join(', ')}.`);
  const accounts = reason ? accept(repository, files, reason) : repository.accounts;
  const left = Object.fromEntries(Object.entries(accounts).filter(([file]) => !values.forget?.includes(file)));
  const problems = problemsOf({ ...repository, accounts: left });
  const ofThese = problems.filter((problem) => files.some((file) => problem.startsWith(file)));
  // A reason that does not hold is not written down.
  if (ofThese.length > 0) return fail(ofThese.join('\n'));
  if (reason || values.forget) writeFileSync(ACCOUNTS, `${JSON.stringify(left, null, 2)}\n`);
  if (problems.length > 0) return fail([...problems, WAYS].join('\n'));
}

function reasonOf(values: { history?: string[]; patch?: string; neutral?: string }): Reason | undefined {
  const { history, patch, neutral } = values;
  if (history) return { histories: history.map((name) => name.replace(/\.json$/, '')) };
  if (patch !== undefined) return { patch };
  return neutral === undefined ? undefined : { neutral };
}

function accept({ modules, accounts }: Repository, files: readonly string[], reason: Reason): Accounts {
  const accepted = files.map((file): [string, Accepted[]] => {
    const hash = modules[file]?.hash ?? '';
    const before = (accounts[file] ?? []).filter((entry) => entry.hash !== hash);
    return [file, [...before, { hash, ...reason }]];
  });
  const all = { ...accounts, ...Object.fromEntries(accepted) };
  return Object.fromEntries(Object.entries(all).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

function fail(text: string): void {
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
}

main();

import { clean, type CleaningRun } from '../integration/cleaning-run';

/** Cleans as a test asks on the command line, telling each step as it begins and ends, and prints what came of it. */
async function main(): Promise<void> {
  const run = JSON.parse(process.argv[2] ?? '') as CleaningRun;
  const tell = (what: string) => (phase: string, unit: number) =>
    void process.stdout.write(`${what} ${phase} ${unit}\n`);
  const cleaned = await clean({ ...run, before: tell('begin'), after: tell('end') });
  process.stdout.write(`${JSON.stringify(cleaned)}\n`);
  // The threads of the pool would keep the process for another moment.
  process.exit(0);
}

void main();

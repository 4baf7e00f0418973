import { buildFeatures, type FeatureRun } from '../integration/features-run';

/** Builds features as a test asks on the command line, telling each step as it begins, and prints what came of it. */
async function main(): Promise<void> {
  const run = JSON.parse(process.argv[2] ?? '') as FeatureRun;
  const before = (phase: string, unit: number) => void process.stdout.write(`${phase} ${unit}\n`);
  const built = await buildFeatures({ ...run, before });
  process.stdout.write(`${JSON.stringify(built)}\n`);
  // The threads of the pool would keep the process for another moment.
  process.exit(0);
}

void main();

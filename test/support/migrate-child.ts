import { Registry } from '../../activities/stores/registry';

/** Migrates the database of DATABASE_URL, as a worker does at its start. */
async function main(): Promise<void> {
  const registry = new Registry(process.env.DATABASE_URL ?? '');
  await registry.migrate();
  await registry.close();
}

void main();

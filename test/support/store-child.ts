import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { packConfig } from '../../schemas/config';
import type { Meta } from '../../activities/stores/artifact-store';
import { openArtifactStore } from '../../activities/stores/open-store';

/** A publish that a test asks a child process for: one line of JSON each on its standard input. */
export interface PublishOrder {
  key: string;
  files: Record<string, string>;
  meta: Meta;
}

/** Publishes what it is told to, one after another, and answers each with a line of what `publish` returned. */
async function main(): Promise<void> {
  const { artifacts, projectDir, cacheDir } = JSON.parse(process.argv[2] ?? '') as Record<string, string>;
  const store = openArtifactStore(packConfig.parse({ artifacts }).artifacts, {
    projectDir: projectDir ?? '',
    cacheDir: cacheDir ?? '',
  });
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const { key, files, meta } = JSON.parse(line) as PublishOrder;
    const dir = await store.scratch();
    for (const [name, text] of Object.entries(files)) await writeFile(path.join(dir, name), text);
    process.stdout.write(`${JSON.stringify(await store.publish(key, dir, meta))}\n`);
  }
}

void main();

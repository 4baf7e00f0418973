import { createReadStream } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { ArtifactRef } from '../../schemas/common';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { publishArtifact } from '../stores/content-address';
import type { Message } from './models/model';
import type { Conversation } from './transcript';

/** One message a line, in the order in which they were said. */
const FILE = 'transcript.jsonl';

/** Publishes a conversation under the hash of its content: the same one has the same name. */
export async function publishTranscript(store: ArtifactStore, { messages }: Conversation): Promise<ArtifactRef> {
  const dir = await store.scratch();
  try {
    await writeFile(path.join(dir, FILE), messages.map((message) => `${JSON.stringify(message)}\n`).join(''));
    return await publishArtifact(store, 'transcript', dir, { messages: messages.length }, messages.length);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** The messages of a published transcript. @throws `ArtifactMissing` where the store has none of that name. */
export async function readTranscript(store: ArtifactStore, ref: ArtifactRef): Promise<Message[]> {
  const file = await store.localFile(artifactKey(ref), FILE);
  const messages: Message[] = [];
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    messages.push(JSON.parse(line) as Message);
  }
  return messages;
}

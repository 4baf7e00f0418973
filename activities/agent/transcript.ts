import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentAction, Passage } from '../../schemas/agent';
import { unitKey } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Message } from './models/model';

/** Where a run keeps its pieces until the transcript is published: one for each thing that happened, in this order. */
export const PIECES = ['begin', 'model', 'tool', 'answer'] as const;
export type PieceKind = (typeof PIECES)[number];

/** What one model call, one tool call or one check of an answer has added. */
export interface Piece {
  messages: Message[];
  /** What was found, for answers to rest on. */
  passages: Passage[];
  /** What the model decided, where it did. */
  action?: AgentAction;
}

/** A conversation as far as it has come. */
export interface Conversation {
  messages: Message[];
  passages: Passage[];
}

const FILE = 'piece.json';

/** Writes a piece into the folder of its unit. */
export const writePiece = (dir: string, piece: Piece): Promise<void> =>
  writeFile(path.join(dir, FILE), JSON.stringify(piece));

/** Reads a piece; undefined where that did not happen. */
export async function readPiece(
  store: ArtifactStore,
  run: string,
  kind: PieceKind,
  step: number,
): Promise<Piece | undefined> {
  const key = unitKey({ workKey: run, phase: kind, unit: step });
  if (!(await store.manifest(key))) return undefined;
  return JSON.parse(await readFile(await store.localFile(key, FILE), 'utf8')) as Piece;
}

// Runs whose conversation is kept in memory: reading a long one anew at each step would cost more than the step.
const KEPT_RUNS = 32;

/**
 * Conversations out of their pieces. Pieces never change once they stand, and all before a step stand when it begins, so
 * what was read is kept: a step reads only what came since.
 */
export class Transcripts {
  private readonly kept = new Map<string, { next: number; conversation: Conversation }>();

  constructor(private readonly store: ArtifactStore) {}

  /** All that was said and found before `step`. The caller must not change it. */
  async before(run: string, step: number): Promise<Conversation> {
    const known = this.kept.get(run);
    // A step that is made again after a later one was read has to be told from the beginning.
    const from = known && known.next <= step ? known : { next: 0, conversation: await this.beginning(run) };
    const conversation: Conversation = {
      messages: [...from.conversation.messages],
      passages: [...from.conversation.passages],
    };
    for (let at = from.next; at < step; at += 1) {
      for (const kind of ['model', 'tool', 'answer'] as const) {
        const piece = await readPiece(this.store, run, kind, at);
        if (!piece) continue;
        conversation.messages.push(...piece.messages);
        conversation.passages.push(...piece.passages);
      }
    }
    this.keep(run, step, conversation);
    return conversation;
  }

  private async beginning(run: string): Promise<Conversation> {
    const piece = await readPiece(this.store, run, 'begin', 0);
    return { messages: piece?.messages ?? [], passages: piece?.passages ?? [] };
  }

  private keep(run: string, next: number, conversation: Conversation): void {
    this.kept.delete(run);
    this.kept.set(run, { next, conversation });
    const [oldest] = this.kept.keys();
    if (this.kept.size > KEPT_RUNS && oldest !== undefined) this.kept.delete(oldest);
  }
}

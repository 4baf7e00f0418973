import type { AgentAction, Passage } from '../../schemas/agent';
import { doUnit, type UnitContext, unitKey } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Message } from './models/model';
import { Recent } from './recent';

/** Where a run keeps its pieces until the transcript is published: one for each thing that happened. */
export type PieceKind = 'begin' | 'model' | 'tool' | 'decided' | 'answer';

/** What one model call, one tool call or one check of an answer has added. */
export interface Piece {
  messages: Message[];
  /** What was found, for answers to rest on. */
  passages: Passage[];
  /** What the model decided, where it did. */
  action?: AgentAction;
  /** Of a tool: what the guard has quarantined, for a person to decide on. Once they have, the piece `decided` stands in place of this one. */
  held?: Held;
}

/** What a tool has returned and the model has not read. */
export interface Held {
  /** sha256 of the text and its passages: what an approval is for. */
  hash: string;
  text: string;
  passages: Passage[];
  /** The rule of the guard, and why. */
  rule: string;
  why: string;
}

/** A conversation as far as it has come. */
export interface Conversation {
  messages: Message[];
  passages: Passage[];
}

/** What a piece says to the history, beside what it adds to the conversation. */
interface Kept<T> {
  told: T;
  piece: Piece;
}

/**
 * Does what a piece is made of and publishes it, or finds it done, and returns what the history is told. The piece is all in
 * the manifest of its unit: one small file to make durable, where a step has two of them.
 */
export async function makePiece<T extends object>(
  store: ArtifactStore,
  { run, kind, step }: { run: string; kind: PieceKind; step: number },
  work: (context: Omit<UnitContext, 'dir'>) => Promise<Kept<T>>,
): Promise<T> {
  const done = await doUnit(store, { workKey: run, phase: kind, unit: step }, work);
  return done.told;
}

/** Reads a piece; undefined where that did not happen. */
export async function readPiece<T = unknown>(
  store: ArtifactStore,
  run: string,
  kind: PieceKind,
  step: number,
): Promise<(Piece & { told: T }) | undefined> {
  const manifest = await store.manifest(unitKey({ workKey: run, phase: kind, unit: step }));
  if (!manifest) return undefined;
  const { piece, told } = manifest.meta as unknown as Kept<T>;
  return { ...piece, told };
}

// Runs whose conversation is kept in memory: reading a long one anew at each step would cost more than the step.
const KEPT_RUNS = 64;

/**
 * Conversations out of their pieces. Pieces never change once they stand, and all before a step stand when it begins, so
 * what was read is kept: a step reads only what came since.
 */
export class Transcripts {
  private readonly kept = new Recent<{ next: number; conversation: Conversation }>(KEPT_RUNS);

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
        const made = await readPiece(this.store, run, kind, at);
        if (!made) continue;
        const piece = (made.held && (await readPiece(this.store, run, 'decided', at))) ?? made;
        conversation.messages.push(...piece.messages);
        conversation.passages.push(...piece.passages);
      }
    }
    this.kept.set(run, { next: step, conversation });
    return conversation;
  }

  private async beginning(run: string): Promise<Conversation> {
    const piece = await readPiece(this.store, run, 'begin', 0);
    return { messages: piece?.messages ?? [], passages: piece?.passages ?? [] };
  }
}

import { createHash } from 'node:crypto';
import { ApplicationFailure } from '@temporalio/common';
import type { Passage } from '../../schemas/agent';
import type { TurnDigest } from '../../schemas/agent-loops';
import type { GuardDecision, GuardVerdict } from '../../schemas/guard';
import { canonicalJson } from '../kit/canonical-json';
import { digestTurn } from './loops';
import type { ToolCall } from './models/model';
import type { AgentParts } from './parts';
import type { Held, Piece } from './transcript';
import type { AgentTool, ToolContext, ToolResult } from './tools/tool';

/** What a call came to, as small as a history wants it. */
export interface ToolTurn {
  /** The tool could not do what was asked, and said why to the model. */
  failed: boolean;
  characters: number;
  passages: number;
  /** What the guard said of the text; a text that is not let through is kept from the model. */
  guard: GuardDecision;
  /** Of a text that is quarantined: what a person decides on. */
  held?: Pick<Held, 'hash' | 'rule' | 'why'>;
  digest: TurnDigest;
}

export interface ToolCallToMake {
  call: ToolCall;
  arguments: Readonly<Record<string, unknown>>;
  /** The tool, or what the workflow has done in its place. */
  does: AgentTool | { result: ToolResult };
  context: ToolContext;
  guard: AgentParts['guard'];
  /** Names this call among all of all runs. */
  key: string;
}

/** Makes one call and keeps from the model what the guard does not let through. */
export async function callTool(made: ToolCallToMake): Promise<{ turn: ToolTurn; piece: Piece }> {
  const { call, does, context, guard } = made;
  const result = 'result' in does ? does.result : await toolResult(does, made.arguments, context);
  const { text, passages = [], failed = false } = result;
  const surface = passages.length > 0 ? 'document' : 'tool';
  // Passages may say more than the text shows of them, and answers rest on them.
  const all = [text, ...passages.filter((passage) => !text.includes(passage.text)).map((passage) => passage.text)];
  const verdict = await guard({ text: all.join('\n'), surface, key: made.key });
  const passed = verdict.decision === 'allow' || verdict.decision === 'warn';
  const shown = passed ? text : withheld(call.tool, verdict.reasons[0]?.rule ?? 'guard');
  const kept = passed ? [...passages] : [];
  const held = verdict.decision === 'quarantine' ? heldBack(text, named(passages, call), verdict) : undefined;
  return {
    turn: {
      failed,
      characters: text.length,
      passages: kept.length,
      guard: verdict.decision,
      ...(held ? { held: { hash: held.hash, rule: held.rule, why: held.why } } : {}),
      digest: digestTurn({
        tool: call.tool,
        arguments: made.arguments,
        ...(failed ? { error: text } : { result: text }),
      }),
    },
    piece: { ...pieceOf(call, shown, named(kept, call)), ...(held ? { held } : {}) },
  };
}

const pieceOf = (call: ToolCall, content: string, passages: Passage[]): Piece => ({
  messages: [
    {
      ...{ role: 'tool', tool: call.tool, callId: call.id, content },
      ...(passages.length > 0 ? { passages } : {}),
    },
  ],
  passages,
});

function heldBack(text: string, passages: Passage[], { reasons }: GuardVerdict): Held {
  const hash = createHash('sha256').update(canonicalJson({ text, passages })).digest('hex');
  const { rule, why } = reasons[0] ?? { rule: 'guard', why: 'no reason given' };
  return { hash, text, passages, rule, why };
}

/** The piece in place of one that was held, once a person has decided. */
export function decidedPiece(
  call: ToolCall,
  held: Held,
  { approved, note }: { approved: boolean; note: string },
): Piece {
  if (approved) return pieceOf(call, held.text, held.passages);
  const why = note === '' ? held.rule : `${held.rule}; ${note}`;
  return pieceOf(
    call,
    `[A person has looked at what ${call.tool} returned and keeps it back (${why}). Go on without it.]`,
    [],
  );
}

/** What the tool returns. A failure that no waiting mends is for the model to read, and to try something else. */
async function toolResult(
  tool: AgentTool,
  args: Readonly<Record<string, unknown>>,
  context: ToolContext,
): Promise<ToolResult> {
  try {
    return await tool.call(args, context);
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.nonRetryable !== true) throw error;
    return { text: `${tool.spec.name} failed: ${error.message}`, failed: true };
  }
}

const withheld = (tool: string, rule: string): string =>
  `[What ${tool} returned is kept back: it looks like an attempt to give you instructions (${rule}). Go on without it.]`;

const named = (passages: readonly Passage[], { tool }: ToolCall): Passage[] =>
  passages.map((passage) => ({ ...passage, document: passage.document || tool }));

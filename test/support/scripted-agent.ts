import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Passage, ToolSpec } from '../../schemas/agent';
import { modelConfig } from '../../schemas/agent-config';
import type { GuardVerdict } from '../../schemas/guard';
import { createAgentActivities } from '../../activities/agent';
import type { Completion, CompletionRequest, Finish } from '../../activities/agent/models/model';
import type { AgentParts, CheckedAnswer, GuardedText } from '../../activities/agent/parts';
import type { AgentTool, ToolContext, ToolResult } from '../../activities/agent/tools/tool';
import type { Guard } from '../../activities/guard/guard';
import { FileArtifactStore } from '../../activities/stores/file-store';

/** What the scripted model writes: a call, a text, or a failure. */
export type Line = ({ tool: string; arguments?: Record<string, unknown> } | { text: string; finish?: Finish }) | Error;

/** A model for tests, which writes what the script says for each of its calls, counted from 0. */
export type Script = (call: number, request: CompletionRequest) => Line | Promise<Line>;

export interface ScriptedTool extends Partial<ToolSpec> {
  name: string;
  call: (args: Readonly<Record<string, unknown>>, context: ToolContext) => ToolResult | Promise<ToolResult>;
}

export interface Scripted {
  script: Script;
  tools?: ScriptedTool[];
  own?: ToolSpec[];
  /** What supports a sentence, by whether a passage holds it; all of them when left out. */
  supported?: (sentence: string, passages: readonly Passage[]) => boolean;
  guard?: ((checked: GuardedText) => GuardVerdict['decision']) | Guard;
}

const INPUT_TOKENS = 100;
const OUTPUT_TOKENS = 20;
const CONTEXT_TOKENS = 32_768;

export const anyArguments = { type: 'object', additionalProperties: true };

/** The activities of agents over a scripted model and tools, with a store of their own on disk. */
export async function scriptedAgent(scripted: Scripted) {
  const dir = await mkdtemp(path.join(tmpdir(), 'llm-pack-agent-'));
  const store = new FileArtifactStore(dir);
  const calls = { model: 0, tool: 0 };
  const parts: AgentParts = {
    store,
    model: () =>
      Promise.resolve({
        name: 'scripted',
        config: modelConfig.parse({ provider: 'openai', baseUrl: 'http://127.0.0.1:1/v1', model: 'scripted' }),
        client: {
          contextTokens: CONTEXT_TOKENS,
          complete: (request) => complete(scripted.script, calls, request),
          close: () => Promise.resolve(),
        },
      }),
    tools: () =>
      Promise.resolve({ tools: (scripted.tools ?? []).map((tool) => opened(tool, calls)), own: scripted.own ?? [] }),
    ground: (answer, passages, policy) => Promise.resolve(checked(answer, passages, policy, scripted.supported)),
    pinGuard: (reference) => Promise.resolve(`${reference}@1`),
    guard: (text) => {
      const { guard } = scripted;
      return typeof guard === 'object'
        ? guard.check(text.text, text)
        : Promise.resolve(verdict(guard?.(text) ?? 'allow'));
    },
  };
  return {
    activities: createAgentActivities(parts),
    store,
    /** How often model and tools were really asked. */
    calls,
    close: () => rm(dir, { recursive: true, force: true }),
  };
}

const verdict = (decision: GuardVerdict['decision']): GuardVerdict => ({
  decision,
  score: 0,
  reasons: decision === 'allow' ? [] : [{ rule: 'test', why: 'the test says so', view: 'plain', weight: 1 }],
  windows: { total: 0, flagged: 0 },
});

async function complete(script: Script, calls: { model: number }, request: CompletionRequest): Promise<Completion> {
  const at = calls.model;
  calls.model += 1;
  const line = await script(at, request);
  if (line instanceof Error) throw line;
  const call =
    'tool' in line ? [{ id: `c${at}`, tool: line.tool, arguments: JSON.stringify(line.arguments ?? {}) }] : [];
  return {
    text: 'text' in line ? line.text : '',
    toolCalls: call,
    usage: { inputTokens: INPUT_TOKENS, outputTokens: OUTPUT_TOKENS, estimated: false },
    cost: 0.001,
    finish: 'finish' in line && line.finish ? line.finish : call.length > 0 ? 'tool-calls' : 'stop',
    provider: { name: 'openai', model: 'scripted' },
  };
}

const opened = ({ call: made, ...spec }: ScriptedTool, calls: { tool: number }): AgentTool => ({
  spec: { description: 'a tool of a test', parameters: anyArguments, effect: 'read', polling: false, ...spec },
  async call(args, context) {
    calls.tool += 1;
    return made(args, context);
  },
});

function checked(
  answer: string,
  passages: readonly Passage[],
  policy: 'remove' | 'mark' | 'return',
  supported: Scripted['supported'],
): CheckedAnswer {
  const sentences = answer.split(/(?<=\.)\s+/).filter(Boolean);
  const unsupported = sentences.filter((sentence) => supported?.(sentence, passages) === false);
  const text = policy === 'remove' ? sentences.filter((sentence) => !unsupported.includes(sentence)).join(' ') : answer;
  const problem =
    policy === 'return' && unsupported.length > 0 ? `Nothing supports: ${unsupported.join(' ')}` : undefined;
  return {
    text,
    citations: [],
    sentences: sentences.length,
    unsupported: unsupported.length,
    ...(problem ? { problem } : {}),
  };
}

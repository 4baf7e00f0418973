import type { ModelConfig } from '../../schemas/agent-config';
import type { Passage, ToolSpec } from '../../schemas/agent';
import type { GuardSurface, GuardVerdict } from '../../schemas/guard';
import type { AgentCitation } from '../../schemas/run-agent';
import type { ArtifactStore } from '../stores/artifact-store';
import type { ModelClient } from './models/model';
import type { AgentTool } from './tools/tool';

/** A model as a run uses it. */
export interface OpenModel {
  /** As the configuration names it. */
  name: string;
  config: ModelConfig;
  client: ModelClient;
}

/** Tools as a run uses them: those that an activity calls, and what the workflow itself does, of which there is a spec alone. */
export interface OpenTools {
  tools: AgentTool[];
  own: ToolSpec[];
}

/** An answer that was checked against what it may rest on. */
export interface CheckedAnswer {
  /** By the policy: with sentences taken out or marked, or as it was. */
  text: string;
  citations: AgentCitation[];
  sentences: number;
  /** Sentences that nothing supports. */
  unsupported: number;
  /** What to tell the model, where the policy is to send the answer back. */
  problem?: string;
}

export interface GuardedText {
  text: string;
  surface: GuardSurface;
  user?: string;
  /** A trained guard; by rules alone when left out. */
  guard?: string;
  /** Of the run, which no answer may give away. */
  systemPrompt?: string;
  /** Of an output: texts that must not stand in it. */
  secrets?: readonly string[];
  /** Names the check: the same one counts once for the user's risk, however often it is made. */
  key: string;
}

/** What the activities of agents work with. Tests bring a scripted model. */
export interface AgentParts {
  store: ArtifactStore;
  /** The model of that name, or the default one. @throws `AgentModelMissing` */
  model(name: string | undefined): Promise<OpenModel>;
  /** @param index what `search` asks. @throws `AgentToolMissing` */
  tools(names: readonly string[], index: string): Promise<OpenTools>;
  ground(answer: string, passages: readonly Passage[], policy: 'remove' | 'mark' | 'return'): Promise<CheckedAnswer>;
  /** The version that a name stands for now. @throws `GuardNotFound` */
  pinGuard(reference: string): Promise<string>;
  guard(checked: GuardedText): Promise<GuardVerdict>;
}

import type { AgentConfig } from '../../schemas/agent-config';
import { guardPolicy } from '../../schemas/guard';
import type { Grounded } from '../../schemas/grounding';
import type { AgentCitation } from '../../schemas/run-agent';
import type { Passage } from '../../schemas/agent';
import { failure } from '../errors';
import { type Guard, openGuard } from '../guard/guard';
import { findGuardVersion, openTrainedGuard } from '../guard/guard-files';
import { withRisk } from '../guard/policy';
import type { ActivityDependencies } from '../index';
import { checkGrounding } from './grounding/check';
import { applyPolicy } from './grounding/policy';
import { openModel } from './models';
import { metered } from './models/metered';
import type { AgentParts, OpenModel } from './parts';
import { Recent } from './recent';
import { type AgentTool, openTools } from './tools';
import { searchTool } from './tools/search-tool';

/** Where agents' models and tools are, and the secrets by their variables. */
interface AgentPlace {
  config: AgentConfig;
  env: NodeJS.ProcessEnv;
  projectDir: string;
  /** ISO 4217 code of the currency of the models' prices. */
  currency: string;
}

/** What agents need of the outside world. */
export type AgentDependencies = Pick<ActivityDependencies, 'store' | 'registry' | 'search' | 'encoder'> & AgentPlace;

// Passages that an answer is held against: the last ones are what it was written from.
const MOST_PASSAGES = 200;
// Guards that were trained, each a model in memory.
const KEPT_GUARDS = 4;

/** The parts that agents are made of, on real servers. Each is opened on first use and kept. */
export function openAgentParts(dependencies: AgentDependencies): AgentParts & { close(): Promise<void> } {
  const { store, registry, config, encoder } = dependencies;
  const box = openTools(config, dependencies);
  const models = new Map<string, OpenModel>();
  const guards = new Recent<Promise<Guard>>(KEPT_GUARDS);

  const guardOf = (reference: string | undefined): Promise<Guard> => {
    const known = guards.get(reference ?? '');
    if (known) return known;
    const opening = reference === undefined ? openGuard() : openTrainedGuard({ store, registry }, reference);
    guards.set(reference ?? '', opening);
    // A failure is not kept: the next call tries again.
    opening.catch(() => guards.delete(reference ?? ''));
    return opening;
  };

  return {
    store,

    model(name = config.model) {
      const client =
        models.get(name)?.client ?? metered(openModel(config, dependencies, name), name, dependencies.currency);
      const found = config.models[name];
      if (!found) return Promise.reject(failure('AgentModelMissing', `There is no model "${name}".`));
      const open = models.get(name) ?? { name, config: found, client };
      models.set(name, open);
      return Promise.resolve(open);
    },

    async tools(names, index) {
      const { tools, own } = await box.chosen(names);
      // Which index is asked, the run says, where the tool is that of the name every run has.
      const asked = config.tools['search'];
      const ofRun = (tool: AgentTool) =>
        tool.spec.name === 'search' && asked?.type === 'search'
          ? searchTool('search', { ...asked, index }, dependencies)
          : tool;
      return { tools: tools.map(ofRun), own };
    },

    async ground(answer, passages, policy) {
      const opened = await encoder();
      const distinct = [
        ...new Map(passages.map((passage) => [`${passage.document}\n${passage.text}`, passage])).values(),
      ];
      const rested = distinct.slice(-MOST_PASSAGES);
      const grounded = await checkGrounding(answer, rested, { encode: (...given) => opened.encode(...given) });
      const { text, unsupported, message } = applyPolicy(grounded, policy);
      return {
        text,
        citations: citationsOf(grounded, text, rested),
        sentences: grounded.sentences.filter(({ claim }) => claim).length,
        unsupported,
        ...(message === undefined ? {} : { problem: message }),
      };
    },

    async pinGuard(reference) {
      const { name, version } = await findGuardVersion({ registry }, reference);
      return `${name}@${version}`;
    },

    async guard({ text, key, user, guard: reference, ...context }) {
      const verdict = await (await guardOf(reference)).check(text, context);
      if (user === undefined || context.surface !== 'input') return verdict;
      const policy = guardPolicy.parse({});
      const { halfLifeSeconds } = policy.risk;
      const turn = { user, event: key, points: verdict.score, at: new Date(), halfLifeSeconds };
      return withRisk(verdict, await registry.risk.add(turn), policy);
    },

    async close() {
      await Promise.allSettled([box.close(), ...[...models.values()].map(({ client }) => client.close())]);
    },
  };
}

/** What each sentence that is left of an answer rests on. */
function citationsOf({ sentences }: Grounded, text: string, passages: readonly Passage[]): AgentCitation[] {
  const titles = new Map(passages.map(({ document, title }) => [document, title]));
  const citations: AgentCitation[] = [];
  let after = 0;
  for (const sentence of sentences) {
    if (!sentence.supported) continue;
    const from = text.indexOf(sentence.text, after);
    if (from === -1) continue;
    after = from + sentence.text.length;
    const { citation } = sentence;
    if (citation)
      citations.push({ sentence: { from, to: after }, title: titles.get(citation.document) ?? '', ...citation });
  }
  return citations;
}

import type { AgentCitation, RunAgentOutput } from '../../schemas/run-agent';
import { type Output, table } from './output';

/** How an agent's run ended, for people: its answer with numbered citations, why it ended, and what it cost. */
export function printAgentAnswer(out: Output, output: RunAgentOutput): void {
  const { answer, citations, outcome, evidence, steps, grounding, usage, repairs, answeredBy, transcript } = output;
  const { bold, dim, good, bad } = out.style;
  const sources = sourcesOf(citations);
  if (answer !== null) out.print(`${marked(answer, citations, sources)}\n`);
  for (const [at, { title, document, from, to }] of sources.entries()) {
    const name = title === '' || title === document ? document : `${title} (${document})`;
    out.print(`${bold(`[${at + 1}]`)} ${name} ${dim(`characters ${from} to ${to}`)}`);
  }
  if (sources.length > 0) out.print();
  const shown = outcome === 'answered' ? good(outcome) : bad(outcome);
  const turns = evidence.turns.length > 0 ? ` (steps ${evidence.turns.map((turn) => turn + 1).join(', ')})` : '';
  out.print(`${shown} by the rule ${evidence.rule}: ${evidence.words}${turns}`);
  const rows = [
    ['steps', `${steps}, ${usage.modelCalls} model calls${listed(usage.toolCalls)}`],
    ['tokens', `${usage.inputTokens} in, ${usage.outputTokens} out`],
    ['cost', `${usage.usd.toFixed(4)}, ${usage.minutes.toFixed(1)} minutes`],
    ...(grounding ? [['checked', `${grounding.sentences} sentences, ${grounding.unsupported} unsupported`]] : []),
    ...(Object.keys(repairs).length > 0 ? [['repaired', listed(repairs).slice(2)]] : []),
    ['answered by', answeredBy],
    ['transcript', transcript.uri],
  ];
  out.print(table(rows.map(([name = '', value = '']) => [dim(name), value])));
}

const listed = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, count]) => `, ${name} ${count}`)
    .join('');

/** What is cited, each place once, in the order of the answer. */
function sourcesOf(citations: readonly AgentCitation[]): AgentCitation[] {
  return [...new Map(citations.map((citation) => [placeOf(citation), citation])).values()];
}

const placeOf = ({ document, from, to }: AgentCitation): string => `${from} ${to} ${document}`;

/** The answer with the number of its source behind each sentence that has one. */
function marked(answer: string, citations: readonly AgentCitation[], sources: readonly AgentCitation[]): string {
  let text = '';
  let at = 0;
  for (const citation of citations.toSorted((a, b) => a.sentence.to - b.sentence.to)) {
    const number = sources.findIndex((source) => placeOf(source) === placeOf(citation)) + 1;
    text += `${answer.slice(at, citation.sentence.to)} [${number}]`;
    at = citation.sentence.to;
  }
  return text + answer.slice(at);
}

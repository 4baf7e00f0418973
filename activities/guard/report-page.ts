import type { Share } from '../../schemas/guard-sets';
import type { ModelShare, ModelSuccess, MutationSuccess, RedTeamCounts } from '../../schemas/red-team';
import type { GuardCounts, GuardQuality } from '../../schemas/train-guard';
import { escape, number, percent, section } from '../cleaning/output/page/html';
import { page, table, tiles } from '../cleaning/output/page/page';
import type { GuardCase } from '../stores/registry-guards';
import { caseId } from './red-team/attack';

/** Bypasses shown of each mutation; all of them are beside the page. */
const SHOWN = 5;
const SHOWN_CHARS = 600;

const within = ({ share, low, high }: Share): string => `${percent(share)} (${percent(low)} to ${percent(high)})`;

/** What a guard has learnt, and how well it does, for people. */
export function guardPage(name: string, counts: GuardCounts, quality: GuardQuality, target: number): string {
  const families = quality.families.map(({ family, generated, heldOut, leftOut }) => [
    escape(family) + (generated ? ' <span class="soft">generated</span>' : ''),
    number(heldOut.texts),
    heldOut.texts === 0 ? '' : within(heldOut),
    leftOut === null ? '' : within(leftOut),
  ]);
  return page(
    `Guard ${name}`,
    'Measured on texts that nothing was learnt from. Shares with their 95% intervals.',
    tiles([
      ['attacks stopped', percent(quality.recall.share)],
      ['harmless texts stopped', percent(quality.falsePositives.share)],
      ['asked for', percent(target)],
      ['attacks', number(counts.attacks)],
      ['harmless texts', number(counts.benign)],
      ['cases', number(counts.cases)],
    ]) +
      section(
        'By family',
        table(['family', 'held out', 'stopped', 'stopped where the whole family was left out'], families),
        'A family that was left out as a whole stands for attacks of a kind that the guard has never met.',
      ),
  );
}

/** What a red team has measured. */
export interface RedTeamReport {
  name: string;
  counts: RedTeamCounts;
  mutations: readonly MutationSuccess[];
  model?: ModelSuccess;
}

/** How often a model fell for attacks, alone and behind the guard. */
function modelSections({ total, mutations, families }: ModelSuccess): string {
  const head = ['', 'asked', 'succeeded', 'behind the guard', 'refused', 'unclear', 'not tried'];
  const row = (name: string, { alone, guarded, refused, unclear, unasked }: ModelShare) => [
    ...[escape(name), number(alone.texts), within(alone), within(guarded)],
    ...[refused, unclear, unasked].map(number),
  ];
  const lead = `It told the secret of its instructions, followed an order of a document, or did what was wanted by the word of the judge. ${number(total.tokens)} tokens, ${total.usd.toFixed(4)} in money. All that succeeded is in breaches.jsonl beside this page.`;
  return (
    section(
      'The model, by mutation',
      table(
        head,
        mutations.map((one) => row(one.mutation, one)),
      ),
      lead,
    ) +
    section(
      'The model, by family',
      table(
        head,
        families.map((one) => row(one.family, one)),
      ),
    )
  );
}

/** What a red team has tried, and what got past, for people. */
export function redTeamPage({ name, counts, mutations, model }: RedTeamReport, bypasses: readonly GuardCase[]): string {
  const rows = mutations.map(({ mutation, success }) => [
    mutation,
    number(success.texts),
    number(success.hits),
    within(success),
  ]);
  const samples = mutations.flatMap(({ mutation, success }) => {
    const shown = bypasses.filter((found) => found.mutation === mutation).slice(0, SHOWN);
    if (shown.length === 0) return [];
    const quotes = shown.map(
      ({ family, text }) =>
        `<blockquote><cite><code>${caseId(text)}</code> ${escape(family)}</cite>${escape(text.slice(0, SHOWN_CHARS))}</blockquote>`,
    );
    return `<details><summary><code>${mutation}</code> <span class="n">${number(success.hits)}</span></summary>${quotes.join('\n')}</details>`;
  });
  return page(
    `Red team against ${name}`,
    'An attack got past where the guard neither refused nor quarantined it. Shares with their 95% intervals.',
    tiles([
      ['tried', number(counts.tried)],
      ['got past', number(counts.bypassed)],
      ['attack success', percent(counts.tried === 0 ? 0 : counts.bypassed / counts.tried)],
    ]) +
      section('By mutation', table(['mutation', 'tried', 'got past', 'attack success'], rows)) +
      (model ? modelSections(model) : '') +
      section(
        'What got past',
        samples.join('\n'),
        'All of it is in bypasses.jsonl beside this page, each with the id that an approval may name.',
      ),
  );
}

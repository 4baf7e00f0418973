import type { FeatureCounts } from '../../../schemas/build-features';
import type { ArtifactRef } from '../../../schemas/common';
import type { OutputColumn } from '../encoders';
import type { FittedTransform } from '../fitted';
import type { NgramList } from '../ngrams';
import type { ColumnProfile } from './profile';

/** card.json: what there is to know of a version of features. */
export interface FeatureCard {
  name: string;
  /** sha256 of the transform. */
  transform: string;
  counts: FeatureCounts;
  /** Values that could not be used, by column of the source. */
  badValues: Record<string, number>;
  /** The version that the drift is against. */
  against: { version: number; sha256: string } | null;
  columns: ColumnProfile[];
  ngrams: NgramList[];
}

/** Runs of words shown on the page; the JSON has all. */
const SHOWN_NGRAMS = 10;
/** From here on a column is said to have moved, and to have shifted (see `driftOf`). */
const [MOVED, SHIFTED] = [0.1, 0.25];

/** As a cell of a Markdown table: names and values are data of others. */
const cell = (value: string | number | null): string =>
  value === null
    ? ''
    : String(value)
        .replace(/[\\|`*_<>[\]#&]/g, '\\$&')
        .replace(/\s+/g, ' ');
const number = (value: number | null): string => (value === null ? '' : String(Number(value.toPrecision(4))));
const end = (value: number | string | null): string => (typeof value === 'number' ? number(value) : cell(value));
const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** card.md: the card for a person. */
export function cardMarkdown(card: FeatureCard): string {
  const { name, transform, counts, badValues, against, columns, ngrams } = card;
  const parts = [
    `# ${name}: feature card`,
    `${counts.kept} rows of ${counts.read} read, made by the transform \`${transform.slice(0, 12)}\`.`,
    table(
      ['counts', ''],
      Object.entries(flat(counts)).map(([key, count]) => [cell(key), String(count)]),
    ),
  ];
  if (Object.keys(badValues).length > 0) {
    const rows = Object.entries(badValues).map(([column, count]) => [cell(column), String(count)]);
    parts.push('## Values that could not be used', 'They count as missing.', table(['column', 'values'], rows));
  }
  if (columns.length > 0) parts.push('## Columns', driftNote(against), table(COLUMN_HEAD, columns.map(columnRow)));
  for (const { size, total, distinct, top } of ngrams) {
    parts.push(
      `## Runs of ${size} ${size === 1 ? 'word' : 'words'}`,
      `${total} in all, ${distinct} different.`,
      table(
        ['run', 'count'],
        top.slice(0, SHOWN_NGRAMS).map(({ gram, count }) => [cell(gram), String(count)]),
      ),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

const COLUMN_HEAD = ['column', 'type', 'missing', 'different', 'least', 'mean', 'greatest', 'PSI', 'KS', ''];

const columnRow = (column: ColumnProfile): string[] => [
  cell(column.name),
  column.type,
  `${number((100 * column.missing) / Math.max(1, column.rows))}%`,
  number(column.distinct),
  end(column.least),
  number(column.mean),
  end(column.greatest),
  number(column.drift?.psi ?? null),
  number(column.drift?.ks ?? null),
  verdict(column.drift?.psi ?? 0),
];

const verdict = (psi: number): string => (psi >= SHIFTED ? '**shifted**' : psi >= MOVED ? 'moved' : '');

const driftNote = (against: FeatureCard['against']): string =>
  against === null
    ? 'There is no earlier version to compare with.'
    : `PSI = sum of (p - q) ln(p / q) over bins with a tenth of version ${against.version} each (a bin has a share of 0.0001 at least); ` +
      `KS is the greatest distance of the cumulative shares. From ${MOVED} a PSI says moved, from ${SHIFTED} shifted.`;

function flat({ reasons, ...counts }: FeatureCounts): Record<string, number> {
  const rejected = Object.entries(reasons).map(([reason, count]) => [`rejected: ${reason}`, count]);
  return { ...counts, ...(Object.fromEntries(rejected) as Record<string, number>) };
}

interface About {
  name: string;
  transform: ArtifactRef;
  counts: FeatureCounts;
  outputs: readonly OutputColumn[];
  fitted: FittedTransform;
}

/** README.md of the features: the head by which Hugging Face `datasets` finds the files, and what the columns are. */
export function featuresReadme({ name, transform, counts, outputs, fitted }: About): string {
  const sets = [outputs.length > 0 ? 'features' : null, fitted.sequences ? 'sequences' : null].filter(
    (set) => set !== null,
  );
  const configs = sets.map(
    (set, place) =>
      `  - config_name: ${set}\n${place === 0 ? '    default: true\n' : ''}    data_files:\n      - split: train\n        path: ${set}-*.parquet`,
  );
  const parts = [
    `---\npretty_name: ${name}\nconfigs:\n${configs.join('\n')}\n---`,
    `# ${name}`,
    `${counts.kept} rows, made by the transform \`${transform.sha256}\`.`,
  ];
  if (outputs.length > 0) {
    parts.push(
      '## features',
      table(
        ['column', 'type'],
        outputs.map(({ name: column, type }) => [cell(column), type]),
      ),
    );
  }
  if (fitted.sequences) {
    const { length, packing, endOfText, pad } = fitted.sequences;
    parts.push(
      '## sequences',
      `${counts.sequences} sequences of ${length} tokens (${packing}), ${counts.tokens} tokens of text and end marks, ${counts.droppedTokens} dropped.`,
      `\`input_ids\`: the tokens; each document ends with ${cell(endOfText)}, what is free is filled with ${cell(pad)}. \`seq_lengths\`: tokens of each piece of a document, to keep documents apart. \`tokens\`: their sum.`,
    );
  }
  return `${parts.join('\n\n')}\n`;
}

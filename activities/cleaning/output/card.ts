import type { CleanCounts, CutCounts } from '../../../schemas/clean-dataset';
import type { RecipeName } from '../../../schemas/recipes';

interface About {
  name: string;
  recipe: RecipeName;
  counts: CleanCounts;
}

/** What YAML would take for a number, a date or a word of its own is quoted. */
const yamlText = (text: string): string =>
  /^[a-z]/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/.test(text) ? text : JSON.stringify(text);

/** The head by which Hugging Face `datasets` finds the files: `load_dataset("parquet", …)` needs no code. */
const head = (title: string): string => `---
pretty_name: ${yamlText(title)}
configs:
  - config_name: default
    data_files:
      - split: train
        path: data-*.parquet
---
`;

const table = (counts: CleanCounts): string =>
  [
    '| documents | |',
    '|---|---:|',
    `| read | ${counts.read} |`,
    `| kept | ${counts.kept} |`,
    ...Object.entries(counts.reasons)
      .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
      .map(([reason, count]) => `| ${reason} | ${count} |`),
  ].join('\n');

/** README.md of a dataset. */
export const datasetCard = ({ name, recipe, counts }: About): string => `${head(name)}
# ${name}

${counts.kept} documents, cleaned with the recipe \`${recipe}\` from ${counts.files} files.

${table(counts)}

Columns: \`id\`, \`source\` (file below the source), \`row\` (of the file, from 1; 0 for the whole file), \`format\`,
\`title\`, \`url\` and \`language\` (or null), \`text\`, \`content_hash\` (first 32 hexadecimal digits of the sha256 of the
text), \`found_hash\` (the same of the text as it was found), \`chars\` (code points), \`words\`, \`cluster_size\` (documents this one
stands for, itself among them), \`scores\` (the statistics that the rules look at; null where the run did not keep them).
`;

/** README.md of what was rejected. */
export const rejectsCard = ({ name, recipe, counts }: About): string => `${head(`${name}, rejected`)}
# ${name}: rejected documents

${counts.rejected} of ${counts.read} documents that the recipe \`${recipe}\` did not keep, each with its reason.

${table(counts)}

Columns: \`id\`, \`source\`, \`row\` (of the file, from 1; 0 for the whole file), \`reason\`, \`detail\` (or null), \`duplicate_of\` (id of the document
that was kept, for duplicates), \`text\`, \`whole\` (false where the text is only a beginning), \`format\`, \`title\`, \`url\`,
\`language\`, \`found_hash\`, \`fixed_reason\` (the reason that would stay whatever the thresholds), \`text_if_kept\` (the text
that would be kept, where it is another), \`words\`, \`scores\`.
${counts.cut ? cutsNote(counts.cut) : ''}`;

/** How to have back what was cut. */
const cutsNote = ({ documents, spans, chars }: CutCounts): string => `
Out of ${documents} documents of the dataset ${spans} spans (${chars} characters) were cut, as they stand in another place.
\`cuts-*.parquet\` has them: \`id\`, \`source\`, \`row\`, \`content_hash\` and \`words\` of the whole text, and \`cuts\`, in
order, each with its \`start\` in the whole text (code points) and its \`text\`. Put back at their places, they make it.
`;

import { licence as licenceSchema } from '../../../schemas/models';

/** What a card says of a model that was trained or imported here. */
export interface CardFacts {
  /** Name of the model, without a version. */
  name: string;
  licence: string;
  architecture: string;
  parameters: number;
  /** As `name@version`. */
  base?: string | null;
  /** Name and value of what was measured. */
  metrics?: Record<string, number | string>;
  /** Names and hashes of what it was made of. */
  lineage?: Record<string, string>;
}

// The block of YAML that a card begins with: https://huggingface.co/docs/hub/model-cards
const FRONT = /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/;

/** The licence that a card states: `license`, or `license_name` where that is `other`; null where there is none. */
export function licenceOf(card: string): string | null {
  const [, front = ''] = FRONT.exec(card) ?? [];
  const field = (name: string) =>
    new RegExp(`^${name}:[ \\t]*["']?([^"'#\\r\\n]+?)["']?[ \\t]*(?:#.*)?$`, 'm').exec(front)?.[1];
  const stated = field('license');
  const named = stated === 'other' ? (field('license_name') ?? stated) : stated;
  return licenceSchema.safeParse(named).data ?? null;
}

/** The card of a model, as `README.md` of its folder: what the hub and people read. */
export function writeCard({
  name,
  licence,
  architecture,
  parameters,
  base,
  metrics = {},
  lineage = {},
}: CardFacts): string {
  const front = [`license: ${licence}`, ...(base ? [`base_model: ${base}`] : []), 'tags: [temporal-llm-pack]'];
  const table = (heads: [string, string], rows: Record<string, number | string>) =>
    Object.keys(rows).length === 0
      ? []
      : [
          '',
          `| ${heads.join(' | ')} |`,
          '|---|---|',
          ...Object.entries(rows).map(([key, value]) => `| ${key} | ${value} |`),
        ];
  const about = `${architecture} with ${parameters.toLocaleString('en')} parameters${base ? `, trained from ${base}` : ''}.`;
  return [
    ...['---', ...front, '---', '', `# ${name}`, '', about],
    ...table(['measured', 'value'], metrics),
    ...table(['made of', 'sha256 or version'], lineage),
    '',
  ].join('\n');
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom, type Random } from './random';

const SUBJECTS = ['worker', 'schedule', 'history', 'index', 'document', 'model', 'query', 'token', 'batch', 'gradient'];
const VERBS = [
  'keeps',
  'reads',
  'writes',
  'replays',
  'measures',
  'compares',
  'publishes',
  'rejects',
  'repairs',
  'counts',
];
const OBJECTS = ['the ledger', 'every record', 'a new version', 'the last unit', 'its neighbours', 'the whole archive'];
const ENDINGS = [
  'before the night is over',
  'with great care',
  'and tells the team',
  'that nobody expected',
  'of the other host',
];

function sentence(random: Random): string {
  const words = [random.pick(SUBJECTS), random.pick(VERBS), random.pick(OBJECTS), 'and the', random.pick(SUBJECTS)];
  const tail = [random.pick(VERBS), random.pick(OBJECTS), random.pick(ENDINGS), String(random.below(10_000))];
  return `The ${[...words, ...tail].join(' ')}.`;
}

const paragraph = (random: Random) => Array.from({ length: 4 + random.below(5) }, () => sentence(random)).join(' ');

/**
 * Writes `count` documents of a few hundred words into `dir`, the same for the same seed: Markdown, HTML and JSON
 * Lines, one in eight a copy of another and one in eight a copy with a word changed.
 */
export async function writeDocuments(dir: string, count: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const texts: string[] = [];
  const records: string[] = [];
  await mkdir(dir, { recursive: true });
  for (let index = 0; index < count; index += 1) {
    const fresh = Array.from({ length: 3 + random.below(4) }, () => paragraph(random)).join('\n\n');
    const old = texts.length > 0 ? random.pick(texts) : fresh;
    const kind = random.below(8);
    const text = kind === 0 ? old : kind === 1 ? old.replace(' the ', ' that ') : fresh;
    texts.push(text);
    const name = `document-${String(index).padStart(5, '0')}`;
    if (index % 3 === 0) await writeFile(join(dir, `${name}.md`), `# Note ${index}\n\n${text}\n`);
    else if (index % 3 === 1) await writeFile(join(dir, `${name}.html`), htmlPage(index, text));
    else records.push(JSON.stringify({ id: name, text }));
  }
  await writeFile(join(dir, 'records.jsonl'), records.map((record) => `${record}\n`).join(''));
}

const htmlPage = (index: number, text: string): string =>
  `<!doctype html><html><head><title>Page ${index}</title></head><body><nav><a href="/">Home</a></nav><article>` +
  `<h1>Page ${index}</h1>${text
    .split('\n\n')
    .map((part) => `<p>${part}</p>`)
    .join('')}</article></body></html>`;

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDocuments } from '../../support/documents';
import { writeRows } from '../../support/training';

/** The stub of the tests, or what users have: PyTorch under torchrun. */
export type Trainer = 'stub' | 'real';

export const DOCUMENTS = 100;
export const CASES = 40;
/** Documents of the folder of nights, and of the index that is fed. */
export const NOTES = 12;
/** What a step of the stub takes. */
const STEP_SECONDS = 0.2;

/** The text of a note as a round has it. */
export const noteText = (note: number, round: number): string =>
  `# Note ${note}\n\nA worker that is killed loses at most one unit. This is what note ${note} says in round ${round}.\n`;

/** What the stages read that is the same in all rounds. */
export async function writeInputs(dir: string, trainer: Trainer): Promise<void> {
  await writeDocuments(path.join(dir, 'documents'), DOCUMENTS, 7);
  if (trainer === 'stub') await writeRows(dir, 'rows.jsonl', { stepSeconds: STEP_SECONDS });
  else await writeTexts(dir, 'rows.jsonl');
  await mkdir(path.join(dir, 'notes'), { recursive: true });
}

/** What a model of sixty thousand parameters learns something from. */
async function writeTexts(dir: string, name: string): Promise<void> {
  const texts = Array.from({ length: 300 }, (_, note) => noteText(note, note % 7));
  await writeFile(path.join(dir, name), texts.map((text) => `${JSON.stringify({ text })}\n`).join(''));
}

/** What the stages of a round read: every third note is new, and so is every case. */
export async function writeRound(dir: string, round: number): Promise<void> {
  for (let note = 0; note < NOTES; note += 1) {
    if (round === 0 || note % 3 === round % 3)
      await writeFile(path.join(dir, 'notes', `note-${note}.md`), noteText(note, round));
  }
  const cases = Array.from({ length: CASES }, (_, at) => {
    const slices = { half: at % 2 };
    return `${JSON.stringify({ id: `case-${at}`, input: `round ${round}: ${at}`, expected: `it is ${at}`, slices })}\n`;
  });
  await writeFile(path.join(dir, `cases-${round}.jsonl`), cases.join(''));
}

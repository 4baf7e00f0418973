import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { PLANTED_KINDS } from '../../../schemas/cleaning-names';
import type { CleaningRules } from '../../../schemas/recipes';
import { MinHash } from './minhash';
import { plant, PLANTED, PlantedSources, type PlantedDocument } from './planted';
import { Shingles } from './shingles';
import { type SignatureRow, signatureRow, SignatureWriter } from './signature-file';
import { Sketcher } from './sketch';

/** Of a planted document: it has no id, and its text is none that could be compared. */
const NO_DIGEST = Buffer.alloc(8);

/** Signs the documents of a unit, and plants some variants of them by which the run measures itself. */
export class Signer {
  private readonly shingles = new Shingles();
  private readonly minhash = new MinHash();
  private readonly sketcher = new Sketcher();
  private readonly documents = new SignatureWriter();
  private readonly plantedDocuments = new SignatureWriter();
  private readonly plantedList: PlantedDocument[] = [];
  private readonly sources = new PlantedSources();

  constructor(private readonly rules: Pick<CleaningRules, 'dropExactDuplicates' | 'dropNearDuplicates'>) {}

  /** Documents planted so far. */
  get planted(): number {
    return this.plantedList.length;
  }

  /** @param digest of the text, and of the id: at least 12 bytes each. @param chars length of the text. */
  add(text: string, digest: Buffer, idDigest: Buffer, chars: number): void {
    const near = this.nearOf(text);
    const ordinal = this.documents.count;
    this.documents.add(signatureRow({ text: digest, id: idDigest }, near, chars));
    if (near && this.sources.choose(digest, near.shingles)) this.plantVariants(text, digest, ordinal);
  }

  /** As `add`, of a document whose row is known. @param digest of the text, at least 12 bytes. */
  addAgain(text: string, digest: Buffer, row: SignatureRow): void {
    const ordinal = this.documents.count;
    this.documents.add(row);
    const isNear = this.rules.dropNearDuplicates && row.shingles > 0;
    if (isNear && this.sources.choose(digest, row.shingles)) this.plantVariants(text, digest, ordinal);
  }

  /** Writes the signatures into a folder. */
  write(dir: string): void {
    this.documents.write(dir);
    this.plantedDocuments.write(dir, PLANTED.signatures, PLANTED.sketches);
    writeFileSync(path.join(dir, PLANTED.list), JSON.stringify(this.plantedList));
  }

  private nearOf(text: string): { bands: Int32Array; sketch: Uint8Array; shingles: number } | null {
    if (!this.rules.dropNearDuplicates) return null;
    const shingles = this.shingles.of(text);
    if (shingles.length === 0) return null;
    return { bands: this.minhash.bandsOf(shingles), sketch: this.sketcher.of(shingles), shingles: shingles.length };
  }

  private plantVariants(text: string, digest: Buffer, ordinal: number): void {
    for (const kind of PLANTED_KINDS) {
      const isExact = kind === 'exact' && this.rules.dropExactDuplicates;
      const near = this.nearOf(plant(kind, text, digest.readInt32LE(4)));
      this.plantedDocuments.add(signatureRow({ text: isExact ? digest : NO_DIGEST, id: NO_DIGEST }, near, 0));
      this.plantedList.push({ kind, ordinal });
    }
  }
}

import path from 'node:path';
import type { Report } from '../../kit/heartbeat';
import { Buckets } from './buckets';
import { PairWriter } from './pair-file';
import { COLUMN_COUNT, COLUMNS, readColumn, type UnitSignatures } from './signature-file';
import { Similar, type NearThresholds } from './similar';
import { UnionFind } from './union-find';

/** Pairs of documents that are duplicates. */
export const EDGES = 'edges.bin';
/** Pairs of documents with the same id, the later of them second. */
export const SAME_IDS = 'same-ids.bin';
/** Pairs of a planted document, counted through all planted, and a document that it was found to be like. */
export const PLANTED_FOUND = 'planted.bin';

/** Documents whose keys are held at once: some 300 MB. More are matched slice by slice of the keys' values. */
const MOST_AT_ONCE = 8_000_000;

export interface MatchTask {
  /** All units, in their order: a document's number counts through them. */
  units: UnitSignatures[];
  /** How many of the units, from the first, are of earlier datasets, which are not compared with one another. */
  earlier: number;
  /** Signatures of planted documents: compared with all, but none is compared with them. */
  planted: UnitSignatures[];
  /** Which share of the columns to take. */
  part: number;
  parts: number;
  exact: boolean;
  /**
   * How near duplicates are told: by thresholds, among documents that share half a band; or, as datatrove does, by
   * sharing a whole band alone. null leaves them.
   */
  near: NearThresholds | 'band' | null;
  /** Empty folder for the result. */
  dir: string;
  /** For tests: as `MOST_AT_ONCE`. */
  mostAtOnce?: number;
}

const countOf = (units: readonly UnitSignatures[]): number => units.reduce((sum, unit) => sum + unit.count, 0);

/**
 * Finds documents that are alike by a column of the share, and writes each as a pair with an earlier one. A pair that
 * follows from those before it is left out.
 */
export function match(task: MatchTask, report: Report): { pairs: number } {
  const matching = new Matching(task);
  try {
    const columns = Array.from({ length: COLUMN_COUNT }, (_, column) => column)
      .filter((column) => column % task.parts === task.part)
      .filter((column) => column === COLUMNS.id || (column === COLUMNS.exact ? task.exact : task.near !== null));
    columns.forEach((column, done) => {
      matching.column(column);
      report(done + 1, columns.length);
    });
  } finally {
    matching.close();
  }
  return { pairs: matching.edges.count };
}

/** The keys of one pass over a column. */
interface Pass {
  column: number;
  /** Which half of the key counts alone; undefined for the whole. */
  half: 0 | 1 | undefined;
  alike(first: number, later: number): boolean;
}

class Matching {
  readonly edges: PairWriter;
  private readonly sameIds: PairWriter;
  private readonly plantedFound: PairWriter;
  private readonly total: number;
  private readonly earlierDocuments: number;
  private readonly sets: UnionFind;
  private readonly buckets: Buckets;
  private readonly slices: number;
  private readonly similar: Similar | undefined;

  constructor(private readonly task: MatchTask) {
    const { units, planted, near, dir } = task;
    this.total = countOf(units);
    this.earlierDocuments = countOf(units.slice(0, task.earlier));
    this.sets = new UnionFind(this.total);
    this.slices = Math.max(1, Math.ceil(this.total / (task.mostAtOnce ?? MOST_AT_ONCE)));
    this.buckets = new Buckets(this.total, Math.ceil(this.total / this.slices));
    if (near !== null && near !== 'band') this.similar = new Similar([...units, ...planted], near);
    this.edges = new PairWriter(path.join(dir, EDGES));
    this.sameIds = new PairWriter(path.join(dir, SAME_IDS));
    this.plantedFound = new PairWriter(path.join(dir, PLANTED_FOUND));
  }

  column(column: number): void {
    const { similar } = this;
    if (column < COLUMNS.bands || !similar) {
      this.passes({ column, half: undefined, alike: () => true });
      return;
    }
    const alike = (first: number, later: number) => similar.areNear(first, later);
    for (const half of [0, 1] as const) this.passes({ column, half, alike });
  }

  close(): void {
    for (const pairs of [this.edges, this.sameIds, this.plantedFound]) pairs.close();
  }

  private passes(pass: Pass): void {
    for (let slice = 0; slice < this.slices; slice++) {
      this.buckets.clear();
      if (pass.column === COLUMNS.id) this.findSameIds(pass, slice);
      else {
        this.findDuplicates(pass, slice);
        this.findPlanted(pass, slice);
      }
    }
  }

  private findSameIds(pass: Pass, slice: number): void {
    // An id that an earlier dataset has is no clash: versions of one document have one id.
    this.eachKey(this.task.units, this.task.earlier, pass, slice, (high, low, number) => {
      const first = this.buckets.put(high, low, number, () => true);
      if (first !== undefined) this.sameIds.add(first, number);
    });
  }

  private findDuplicates(pass: Pass, slice: number): void {
    const { sets, edges, earlierDocuments } = this;
    this.eachKey(this.task.units, 0, pass, slice, (high, low, number) => {
      const isEarlier = number < earlierDocuments;
      const set = sets.find(number);
      const first = this.buckets.put(
        high,
        low,
        number,
        (other) => !isEarlier && (sets.find(other) === set || pass.alike(other, number)),
      );
      if (first !== undefined && sets.join(first, number)) edges.add(first, number);
    });
  }

  private findPlanted(pass: Pass, slice: number): void {
    const { total } = this;
    this.eachKey(
      [...this.task.units, ...this.task.planted],
      this.task.units.length,
      pass,
      slice,
      (high, low, number) => {
        const found = this.buckets.find(high, low, (other) => pass.alike(other, number));
        if (found !== undefined) this.plantedFound.add(number - total, found);
      },
    );
  }

  /** Goes through the keys of the slice in the units from `from` on. */
  private eachKey(
    units: readonly UnitSignatures[],
    from: number,
    { column, half }: Pass,
    slice: number,
    each: (high: number, low: number, number: number) => void,
  ): void {
    const { slices } = this;
    let base = countOf(units.slice(0, from));
    for (const unit of units.slice(from)) {
      const keys = readColumn(unit, column);
      for (let index = 0; index < unit.count; index++) {
        const [first, second] = [keys[index * 2] ?? 0, keys[index * 2 + 1] ?? 0];
        if (first === 0 && second === 0) continue;
        const high = half === 1 ? second : first;
        if (slices > 1 && (high >>> 0) % slices !== slice) continue;
        each(high, half === undefined ? second : 0, base + index);
      }
      base += unit.count;
    }
  }
}

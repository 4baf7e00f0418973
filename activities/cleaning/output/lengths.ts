/** Documents of a length above the bin before, up to its own mark; null is the last one, without an end. */
export interface Bin {
  upTo: number | null;
  count: number;
}

/** Asks the Parquet files of a kind; `sql` gets them as a table. */
type Ask = <T>(sql: (files: string) => string) => Promise<T[]>;

/** Six marks for each power of ten: even steps on a logarithmic axis, and numbers that people can say. */
const MARKS = [1, 1.5, 2, 3, 5, 7].flatMap((step) =>
  [1, 10, 100, 1e3, 1e4, 1e5, 1e6].map((power) => step * power * 10),
);
const BOUNDARIES = [...MARKS].sort((a, b) => a - b);

/** How long the documents are, on marks that are the same for what is kept and what is rejected. */
export async function lengthsOf(
  ofData: Ask,
  ofRejects: Ask,
): Promise<{ keptChars: Bin[]; rejectedChars: Bin[]; keptWords: Bin[] }> {
  const count = async (ask: Ask, value: string, where = 'true') =>
    binsOf(await ask<BinRow>((files) => histogramOf(files, value, where)));
  const keptChars = await count(ofData, 'chars');
  // Of others only a beginning is there, whose length says nothing.
  const rejectedChars = await count(ofRejects, 'length(text)', 'whole');
  const keptWords = await count(ofData, 'words');
  const [ofKept = [], ofRejected = []] = trimmed([keptChars, rejectedChars]);
  return { keptChars: ofKept, rejectedChars: ofRejected, keptWords: trimmed([keptWords])[0] ?? [] };
}

interface BinRow {
  /** Index of the first boundary that is not below the value; the number of boundaries for what is above all. */
  bin: number;
  count: number;
}

const histogramOf = (files: string, value: string, where: string): string =>
  `select len(list_filter([${BOUNDARIES.join(', ')}], lambda mark: mark < value))::double as bin, count(*)::double as count
   from (select ${value} as value from ${files} where ${where}) group by bin`;

function binsOf(rows: readonly BinRow[]): Bin[] {
  const bins = [...BOUNDARIES, null].map((upTo): Bin => ({ upTo, count: 0 }));
  for (const { bin, count } of rows) {
    const target = bins[bin];
    if (target) target.count = count;
  }
  return bins;
}

/** Leaves out the bins before the first and after the last in which any of the series has a document. */
function trimmed(series: readonly Bin[][]): Bin[][] {
  const used = (index: number) => series.some((bins) => (bins[index]?.count ?? 0) > 0);
  const indexes = Array.from({ length: BOUNDARIES.length + 1 }, (_, index) => index).filter(used);
  return series.map((bins) => bins.slice(indexes[0] ?? 0, (indexes.at(-1) ?? -1) + 1));
}

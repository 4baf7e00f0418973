import { DamagedFile, unpacked } from './bytes';
import { csvRecords, NoHeader } from './csv';
import { problemWith, readFields, shown, type LocalSlice, type ReadDocument, type ReadOptions } from './document';

/** Room for the columns of a CSV record that are not its text. */
const OTHER_COLUMNS_BYTES = 1 << 20;

/** The documents of a CSV or TSV file. */
export async function* readCsv(
  slice: LocalSlice,
  options: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  let row = 0;
  const delimiter = /\.tsv(\.|$)/i.test(slice.path) ? '\t' : undefined;
  const csv = { delimiter, maxBytes: options.maxDocumentBytes + OTHER_COLUMNS_BYTES };
  try {
    for await (const record of csvRecords(unpacked(chunks, slice.packing), csv)) {
      row = record.row;
      const { fields, at } = record;
      const isLarge = Buffer.byteLength(fields[options.textField] ?? '') > options.maxDocumentBytes;
      const problem = record.problem ?? (isLarge ? 'document_too_large' : null);
      const found = shown(record.shown);
      if (problem) yield problemWith(slice, problem, found, row, at);
      else yield readFields(slice, options, row, fields, found, at);
    }
  } catch (error) {
    if (!(error instanceof DamagedFile || error instanceof NoHeader)) throw error;
    yield problemWith(slice, 'unreadable_file', error.message, row === 0 ? 0 : row + 1);
  }
}

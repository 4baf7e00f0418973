import { DamagedFile, unpacked } from './bytes';
import {
  document,
  problemWith,
  recordId,
  shown,
  type LocalSlice,
  type ReadDocument,
  type ReadOptions,
} from './document';
import { extractHtml } from './html';
import { warcRecords } from './warc';
import { pageOf } from './warc-page';

/** The pages and texts of a WARC file. Records that are none (requests, metadata, repeats of earlier ones) are passed over. */
export async function* readWarc(
  slice: LocalSlice,
  { maxDocumentBytes }: ReadOptions,
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<ReadDocument> {
  let row = 0;
  try {
    for await (const record of warcRecords(unpacked(chunks, slice.packing), maxDocumentBytes)) {
      row = record.row;
      const page = pageOf(record, maxDocumentBytes);
      if (page === null) continue;
      const name = recordId(slice, page.id, row);
      if (page.problem) yield { ...problemWith(slice, page.problem, shown(page.body), row, record.offset), id: name };
      else {
        const { title, text } = page.isHtml ? await extractHtml(page.text) : { title: null, text: page.text };
        yield document(slice, row, name, title, text, page.url);
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield problemWith(slice, 'unreadable_file', error.message, row + 1);
  }
}

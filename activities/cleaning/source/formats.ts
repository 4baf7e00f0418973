import type { DocumentFormat } from '../../../schemas/clean-dataset';

/** How a file is packed. */
export type Packing = 'plain' | 'gzip' | 'zstd';

const FORMATS: Record<string, DocumentFormat> = {
  txt: 'text',
  text: 'text',
  md: 'markdown',
  markdown: 'markdown',
  html: 'html',
  htm: 'html',
  xhtml: 'html',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  csv: 'csv',
  tsv: 'csv',
  warc: 'warc',
  // What Common Crawl calls its texts; they are WARC records, too.
  wet: 'warc',
};

/** Formats that are read as they come, and so may be packed. */
const PACKED = new Set<DocumentFormat>(['jsonl', 'csv', 'warc']);

/** What a file of that name is read as; undefined for a kind that is not read. */
export function formatOf(name: string): { format: DocumentFormat; packing: Packing } | undefined {
  const [last = '', before = ''] = name.toLowerCase().split('.').reverse();
  const packing = last === 'gz' ? 'gzip' : last === 'zst' ? 'zstd' : 'plain';
  const format = FORMATS[packing === 'plain' ? last : before];
  if (!format || !name.includes('.') || (packing !== 'plain' && !PACKED.has(format))) return undefined;
  return { format, packing };
}

/**
 * The characters that byte-level tokenizers write bytes as (GPT-2): printable Latin-1 stands for itself, the rest for
 * U+0100 and on, so that a vocabulary is text without blanks and control characters.
 */
const BYTE_CHARS: readonly string[] = (() => {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
})();

/** The 256 characters in the order of their code points: the order in which they enter a vocabulary. */
export const BYTE_ALPHABET: readonly string[] = [...BYTE_CHARS].sort();

/** Place of each byte's character in `BYTE_ALPHABET`. */
export const BYTE_PLACES: Uint16Array = Uint16Array.from(BYTE_CHARS, (char) => BYTE_ALPHABET.indexOf(char));

/**
 * Where texts are cut before pairs are merged, as in GPT-2 and Hugging Face's ByteLevel: words and numbers with the
 * blank before them, runs of other signs, runs of blanks. No token reaches over a cut.
 */
export const PRETOKENS = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

import { forEachSentence } from '../../../cleaning/spans/parts';
import { Words } from '../../../cleaning/text/words';
import { scriptOf } from '../../../search/script';

/** Where a sentence stands: `text.slice(from, to)`. */
export interface Sentence {
  from: number;
  to: number;
  text: string;
}

/** Between paragraphs, items of a list, headings and rows of a table a sentence is over, whatever it ends with. */
const BREAK = /\n[ \t]*\n|\n(?=[ \t]*(?:[-*+#>|]|\d+[.)] ))/g;

/** Cuts texts into sentences, Chinese ones too. What is remembered of words is shared by all texts of one cutter. */
export class SentenceCutter {
  private readonly english = new Words({ words: 'english', stopWords: [] });
  private readonly chinese = new Words({ words: 'chinese', stopWords: [] });

  cut(text: string): Sentence[] {
    const words = scriptOf(text) === 'cjk' ? this.chinese : this.english;
    const sentences: Sentence[] = [];
    const add = (from: number, to: number) =>
      forEachSentence(text.slice(from, to), words, (start, end) => {
        const place = { from: from + start, to: from + end };
        sentences.push({ ...place, text: text.slice(place.from, place.to) });
      });
    let at = 0;
    for (const { index, 0: found } of text.matchAll(BREAK)) {
      add(at, index);
      at = index + found.length;
    }
    add(at, text.length);
    return sentences;
  }
}

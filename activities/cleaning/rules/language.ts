/** The language of a text: its ISO 639-1 code, and how much it looks like it, 0 to 1. */
export type DetectLanguage = (text: string) => { language: string; score: number };

/** Characters that are looked at: more of them change the verdict on hardly any text. */
const LOOKED_AT = 1_000;

/**
 * Loads ELD's small n-gram model (Apache-2.0, 60 languages). It costs a quarter of a millisecond a text. Its score is a
 * likeness, not a probability: of texts in their own language 99 in 100 have 0.66 or more.
 */
export async function loadLanguageDetector(): Promise<DetectLanguage> {
  const { eld } = await import('eld/small');
  return (text) => {
    const found = eld.detect(text.slice(0, LOOKED_AT).replaceAll('\n', ' '));
    return { language: found.language, score: found.getScores()[found.language] ?? 0 };
  };
}

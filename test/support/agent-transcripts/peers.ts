import type { Turn } from '../../../activities/agent/loops';

/**
 * Rules of others as they are documented or stand in their code, over the same transcripts: whether they stop a run. Their
 * other parts (a second model as a judge) are left out.
 */

const pairOf = ({ tool, arguments: args, text, result, error }: Turn) => ({
  // The comparison includes the thought.
  action: JSON.stringify([tool, args, text ?? null]),
  observation: JSON.stringify([result ?? null, error ?? null]),
  failed: error !== null && error !== undefined,
  message: tool === null || tool === undefined,
});

/** OpenHands: 4 same pairs, 3 same actions that fail, 3 messages in a row, 6 pairs of period 2; of the last 20 events. */
export function openHands(turns: readonly Turn[]): boolean {
  const events = turns.map(pairOf);
  return events.some((_, end) => {
    // A turn with a call is two events, an action and an observation.
    const window: typeof events = [];
    let size = 0;
    for (let at = end; at >= 0 && size + (events[at]!.message ? 1 : 2) <= 20; at -= 1) {
      window.unshift(events[at]!);
      size += events[at]!.message ? 1 : 2;
    }
    const last = (count: number) => (window.length >= count ? window.slice(-count) : null);
    const same = (list: typeof window, keys: readonly ('action' | 'observation')[]) =>
      list.every((one) => keys.every((key) => one[key] === list[0]![key]));
    const calls = (list: typeof window | null) =>
      list !== null && list.every(({ message }) => !message) ? list : null;
    const four = calls(last(4));
    const three = calls(last(3));
    const six = calls(last(6));
    return (
      (four !== null && same(four, ['action', 'observation'])) ||
      (three !== null && same(three, ['action']) && three.every(({ failed }) => failed)) ||
      (last(3)?.every(({ message }) => message) ?? false) ||
      (six !== null &&
        six.every(
          (one, at) => at < 2 || (one.action === six[at - 2]!.action && one.observation === six[at - 2]!.observation),
        ))
    );
  });
}

/** gemini-cli: 5 same calls in a row, or a piece of 50 characters 10 times within 250 of one another in one text. */
export function gemini(turns: readonly Turn[]): boolean {
  let inRow = 0;
  let before = '';
  for (const { tool, arguments: args, text } of turns) {
    if (chants(text ?? '')) return true;
    if (tool === null || tool === undefined) continue;
    const call = `${tool}:${JSON.stringify(args ?? {})}`;
    inRow = call === before ? inRow + 1 : 1;
    before = call;
    if (inRow >= 5) return true;
  }
  return false;
}

function chants(text: string): boolean {
  const places = new Map<string, number[]>();
  // Tables, lists, headings, quotes and code start the count anew, and it is off in code.
  const pieces = text.replace(/```[\s\S]*?(?:```|$)/gu, '|').split(/^(?:\s*[|>#*+-]|\s*\d+\.).*$/mu);
  for (const part of pieces) {
    places.clear();
    for (let at = 0; at + 50 <= part.length; at += 1) {
      const piece = part.slice(at, at + 50);
      const found = places.get(piece) ?? [];
      places.set(piece, found);
      found.push(at);
      const ten = found.slice(-10);
      const distances = ten.slice(1).map((place, index) => place - ten[index]!);
      if (ten.length === 10 && (ten[9]! - ten[0]!) / 9 <= 250 && new Set(distances).size <= 5) return true;
    }
  }
  return false;
}

/** LangGraph's default: 25 steps, taken as turns. */
export const stepLimit = (turns: readonly Turn[], limit = 25): boolean => turns.length > limit;

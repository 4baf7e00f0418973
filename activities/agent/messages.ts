import type { Message } from './models/model';

// A token of English is four characters or more, of Chinese about one and a half: rather too few than too many fit.
const CHARACTERS_A_TOKEN = 3;
// Of a tool's result that has to make room, this much stays.
const STUB_CHARACTERS = 200;
// The last two turns are what the model is about to go on from.
const LAST_MESSAGES = 4;

/**
 * The conversation cut to about `tokens`: old results of tools are shortened first, then the oldest turns left out. What
 * comes before the first turn (instructions, the question) and the last two turns always stay.
 */
export function fitMessages(messages: readonly Message[], tokens: number): Message[] {
  const limit = tokens * CHARACTERS_A_TOKEN;
  const fitted = [...messages];
  let size = fitted.reduce((sum, message) => sum + lengthOf(message), 0);
  for (let at = 0; at < fitted.length - LAST_MESSAGES && size > limit; at += 1) {
    const message = fitted[at];
    if (message?.role !== 'tool' || message.content.length <= STUB_CHARACTERS) continue;
    const content = `${message.content.slice(0, STUB_CHARACTERS)} … [shortened from ${message.content.length} characters]`;
    size -= message.content.length - content.length;
    fitted[at] = { ...message, content };
  }
  const first = fitted.findIndex(({ role }) => role === 'assistant');
  while (size > limit && first >= 0 && fitted.length > first + LAST_MESSAGES) {
    // A call goes with what it returned: neither can be read without the other.
    const gone = fitted.splice(first, fitted[first + 1]?.role === 'tool' ? 2 : 1);
    size -= gone.reduce((sum, message) => sum + lengthOf(message), 0);
  }
  return fitted;
}

const lengthOf = (message: Message): number =>
  message.content.length +
  (message.role === 'assistant' ? (message.toolCalls ?? []).reduce((sum, call) => sum + call.arguments.length, 0) : 0);

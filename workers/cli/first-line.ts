/** What happened, in the first line of its message. */
export function firstLine(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  // The SDK prints the whole chain of a connection's failure; its innermost text is what happened.
  return /error: "([^"]+)"|message: "([^"]+)"/.exec(line)?.slice(1).find(Boolean) ?? line;
}

/**
 * The same answer, its body watched: `seen` is told of every piece that comes, and `tooMuch` is called once where more
 * than `most` bytes have come; nothing of the rest is passed on.
 */
export function limitBody(answer: Response, most: number, seen: () => void, tooMuch: () => void): Response {
  if (!answer.body) return answer;
  let bytes = 0;
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      seen();
      bytes += chunk.length;
      if (bytes <= most) return out.enqueue(chunk);
      tooMuch();
      out.error(new Error(`more than ${most} bytes came`));
    },
  });
  const { status, statusText, headers } = answer;
  return new Response(answer.body.pipeThrough(watched), { status, statusText, headers });
}

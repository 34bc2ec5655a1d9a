const texts = new WeakMap<Response, string>();

/** An answer whose body is a text that is all there: whoever writes it out needs no stream around it. */
export function textAnswer(text: string, init: ResponseInit): Response {
  const response = new Response(text, init);
  texts.set(response, text);
  return response;
}

/** The text of an answer that was made of one, and is still the same. */
export function textOf(response: Response): string | undefined {
  return response.bodyUsed ? undefined : texts.get(response);
}

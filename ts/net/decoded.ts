/** A part of a URL as it was meant: where its percent signs encode nothing, as it is written. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

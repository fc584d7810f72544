/** Standard base64 with padding (RFC 4648, section 4), from what browsers and Node both have. */
export function toBase64(bytes: Uint8Array): string {
  let text = '';
  // As arguments of one call a long text would be too many.
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** The bytes of `text`, or `undefined` when it is not the one canonical base64 form of any. */
export function fromBase64(text: string): Uint8Array | undefined {
  try {
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    return toBase64(bytes) === text ? bytes : undefined;
  } catch {
    return undefined;
  }
}

const longest = 60;
/** Letters, digits and marks of every script, with what stands in names of people and firms; nothing that makes an address. */
const words = /^[\p{L}\p{M}\p{N} '’&,.()+#!_–-]+$/u;
/** A full stop inside of a word is how mail programs know an address when they make a link of it. */
const dotInside = /\.(?=[^\s,)!])/u;

/**
 * A name that somebody chose, as it may stand in a mail: one line of plain words, nothing that a mail program makes a link of, nothing that
 * is not seen. Any other name is left out altogether: what is made of it by taking parts away would still be its chooser's text.
 *
 * @param otherwise what stands there in place of another name
 */
export function plainWords(name: string, otherwise: string): string {
  return name.length <= longest && words.test(name) && !dotInside.test(name) ? name : otherwise;
}

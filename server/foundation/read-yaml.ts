import { createRequire } from 'node:module';

/**
 * What a text in YAML says. Its parser is 72 files, which most starts do not need: they are read when there is something to parse.
 *
 * @throws Error whose message says where the text is wrong
 */
export function readYaml(text: string): unknown {
  const { parse } = createRequire(import.meta.url)('yaml') as typeof import('yaml');
  return parse(text);
}

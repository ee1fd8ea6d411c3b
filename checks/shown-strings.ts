import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'vite';

const root = join(import.meta.dirname, '..');

/** A text that a page or a mail shows, or says to readers of screens. */
export interface ShownString {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly [name: string]: unknown;
}

/** What names something for programs, and is shown to nobody. */
const unseenAttributes = /^(className|style|key|id|type|href|to|path|color|variant|size|role|d|viewBox|data-.*)$/;
const typesAndNames = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'TSTypeAliasDeclaration',
  'TSInterfaceDeclaration',
  'TSTypeAnnotation',
  'TSTypeParameterInstantiation',
]);

/** Every text in the sources of pages and mails that reads like words: has a space, or begins with a capital letter. */
export function shownStrings(): ShownString[] {
  const files = globSync(['dashboard/**/*.{ts,tsx}', 'server/mail/mails.ts'], {
    cwd: root,
    exclude: [
      '**/*.test.ts',
      '**/node_modules/**',
      'dashboard/dist/**',
      'dashboard/*.config.ts',
      'dashboard/build.ts',
      // Is there where Raffia is developed alone, and shows words as the server has them.
      'dashboard/pages/parts.tsx',
    ],
  });
  return files.sort().flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    const { program, errors } = parseSync(file, source);
    if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
    const found: ShownString[] = [];
    const add = (text: string, at: number) => {
      const words = text.replaceAll(/\s+/g, ' ').trim();
      if (!/[a-z]{2}/i.test(words) || !/^[A-Z]|[a-z,.] |’|'/.test(words)) return;
      found.push({ file, line: source.slice(0, at).split('\n').length, text: words });
    };
    const look = (node: unknown): void => {
      if (Array.isArray(node)) for (const one of node) look(one);
      if (node === null || typeof node !== 'object' || !('type' in node)) return;
      const { type, start, ...its } = node as Node;
      if (typesAndNames.has(type)) return;
      // What a table is asked by is no text, and a type is none.
      const unseen = type === 'Property' && its.computed !== true ? 'key' : 'typeAnnotation';
      if (type === 'JSXAttribute' && unseenAttributes.test((its.name as { name?: string }).name ?? '')) return;
      if (type === 'JSXText' || (type === 'Literal' && typeof its.value === 'string')) add(its.value as string, start);
      // What is put in is a thing's name or a number.
      if (type === 'TemplateLiteral')
        add((its.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked).join('…'), start);
      for (const [name, child] of Object.entries(its)) if (name !== unseen) look(child);
    };
    look(program);
    return found;
  });
}

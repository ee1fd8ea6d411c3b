import type { Rolldown } from 'vite';

/** Parts that so many pages share are one file for all of them. */
const shared = 6;
/** Larger ones are files of their own: pages without them go without. In bytes of source. */
const largestShared = 8000;
/** What the build begins with stays where it is. */
const entry = /\/(index\.html|main\.tsx)$/;

/**
 * What is loaded together in one file. The bundler alone makes a file of what one and the same pages share: a hundred small ones for a
 * page, and each is a request.
 *
 * @param alone what the bundler makes alone: it knows which parts of a library are used from where
 */
export function fileGroupsOf(alone: Rolldown.RolldownOutput): Rolldown.CodeSplittingGroup[] {
  const chunks = alone.output.filter((file) => file.type === 'chunk');
  return [
    groupOf('entrance', '/pages/sign-in.tsx', chunks),
    groupOf('shell', '/shell/shell.tsx', chunks),
    { name: 'parts', minShareCount: shared, maxModuleSize: largestShared },
  ];
}

/** All that is loaded with a source, and that no group before has. */
function groupOf(name: string, source: string, chunks: readonly Rolldown.OutputChunk[]): Rolldown.CodeSplittingGroup {
  const loaded = new Set(chunks.filter(({ facadeModuleId }) => facadeModuleId?.endsWith(source)));
  if (loaded.size !== 1) throw new Error(`the build has ${loaded.size} files of ${source}`);
  for (const { imports } of loaded) for (const chunk of chunks) if (imports.includes(chunk.fileName)) loaded.add(chunk);
  const modules = new Set([...loaded].flatMap(({ moduleIds }) => moduleIds));
  return {
    name,
    test: (id) => modules.has(id) && !id.endsWith(source) && !entry.test(id),
    // They are among them already; what else their files import is of other pages.
    includeDependenciesRecursively: false,
  };
}

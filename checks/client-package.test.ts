import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { packClient } from '@raffia/client/pack.ts';

const root = join(import.meta.dirname, '..');
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'raffia-client-'));
  const archive = packClient(join(folder, 'archive'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'stranger', type: 'module', private: true }));
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', '--loglevel=error', archive], {
    cwd: folder,
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const program = `import { createClient, RaffApiError, type VM } from '@raffia/client';
const raff = createClient({ baseUrl: 'http://127.0.0.1:1', apiKey: 'k', retries: 0 });
export async function names(): Promise<string[]> {
  const found: VM[] = [];
  for await (const vm of raff.each('listVMs', { status: 'active' })) found.push(vm);
  const { data, total } = await raff.listVMs();
  const first: VM | undefined = data[0];
  await raff.waitFor(first ?? 'id', 'active', { withinMs: total });
  return found.map((vm) => vm.name);
}
// @ts-expect-error a status that no VM has
raff.listVMs({ status: 'sleeping' });
// @ts-expect-error a body without a name
raff.createProject({ body: {} }).catch((error: unknown) => error instanceof RaffApiError && error.permission);
`;

for (const [module, moduleResolution] of [
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
] as const) {
  test(`the package installs into an empty project and type-checks under strict, with ${moduleResolution} resolution`, () => {
    writeFileSync(join(folder, 'main.ts'), program);
    const compilerOptions = {
      strict: true,
      noEmit: true,
      target: 'es2022',
      lib: ['es2022', 'dom', 'dom.iterable'],
      types: [],
      module,
      moduleResolution,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }));
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const run = () => execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    assert.doesNotThrow(run, (error: { stdout?: string }) => Boolean(error.stdout));
  });
}

test('the package runs', () => {
  writeFileSync(
    join(folder, 'main.js'),
    `import { createClient } from '@raffia/client';
createClient({ baseUrl: 'http://127.0.0.1:1', retries: 0 }).listVMs().catch((error) => console.log(error.name));`,
  );
  const printed = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8' });
  assert.equal(printed.trim(), 'RaffConnectionError');
});

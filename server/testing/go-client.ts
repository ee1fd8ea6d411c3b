import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const contract = process.env.RAFFIA_CONTRACT;
const go = ['go', '/usr/local/go/bin/go'].find(
  (command) => spawnSync(command, ['version'], { stdio: 'ignore' }).status === 0,
);

/** Why there is no Go, or nothing. */
export const whyNoCompiler = go === undefined && 'needs Go 1.25';

/** Why there is no Go client, or nothing. */
export const whyNoGo =
  whyNoCompiler !== false
    ? whyNoCompiler
    : contract === undefined && 'RAFFIA_CONTRACT does not name the published openapi.yaml';

const folder = join(import.meta.dirname, '..', '..', 'conformance', 'go');
const options = { cwd: folder, maxBuffer: 100_000_000 };

/**
 * Makes the client of the published contract, and a program of conformance/go around it.
 *
 * @param program a folder in conformance/go, `.` for the one that lives the life of a machine
 * @param file where the program is put
 */
export async function buildGoProgram(program: string, file: string): Promise<void> {
  const generate = ['tool', 'oapi-codegen', '-config', 'generate.yaml', contract as string];
  const { stdout } = await promisify(execFile)(go as string, generate, options);
  // Two suites may do this at the same time: neither finds half a file.
  const made = join(folder, 'raff', `raff.gen.go.${process.pid}`);
  mkdirSync(join(folder, 'raff'), { recursive: true });
  writeFileSync(made, stdout);
  renameSync(made, join(folder, 'raff', 'raff.gen.go'));
  await buildPlainProgram(program, file);
}

/** The same of a program that uses no client. */
export async function buildPlainProgram(program: string, file: string): Promise<void> {
  await promisify(execFile)(go as string, ['build', '-o', file, program], options);
}

/** What is to be called, as conformance/go/calls takes it. */
export interface GoCall {
  /** As the contract names it, such as `createVM`. */
  readonly operation: string;
  readonly key?: string | undefined;
  /** Goes along wherever the client has a parameter for it. */
  readonly project?: string | undefined;
  /** The parameters of the path, in their order. */
  readonly path?: readonly (string | number)[];
  /** The parameters of query and header, by their names. */
  readonly params?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  /** Headers that are taken off what the client made. */
  readonly without?: readonly string[];
}

export interface GoOutcome {
  readonly status: number;
  /** Whether the client has filled its field of this status, such as `JSON404`. */
  readonly decoded: boolean;
  /** The name of the field's type; empty where it has none. */
  readonly as: string;
  readonly body: string;
  /** Why there is no answer, or nothing. */
  readonly error: string;
}

/** Calls any operation through the client that oapi-codegen makes from the published contract. */
export class GoClient {
  readonly #program: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(program: ChildProcess) {
    this.#program = program;
    this.#lines = createInterface({ input: program.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  /** @param file the program `calls`, built */
  static start(file: string, url: string): GoClient {
    return new GoClient(
      spawn(file, { env: { ...process.env, RAFF_API_URL: url }, stdio: ['pipe', 'pipe', 'inherit'] }),
    );
  }

  async call(asked: GoCall): Promise<GoOutcome> {
    this.#program.stdin?.write(`${JSON.stringify(asked)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`the Go client ended at ${asked.operation}`);
    return JSON.parse(line.value) as GoOutcome;
  }

  async stop(): Promise<void> {
    this.#program.stdin?.end();
    if (this.#program.exitCode === null) await once(this.#program, 'exit');
  }
}

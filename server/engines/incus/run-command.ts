import { spawn } from 'node:child_process';

const timeoutMs = 15_000;
const answerAtMost = 1 << 26;

/**
 * Runs one of the operator's commands, with more words behind it, and gives it a text on standard input.
 *
 * @returns what it wrote to standard output, 64 MiB at most
 * @throws Error with what the command said
 */
export function runCommand(command: string, more: readonly string[], input: string): Promise<string> {
  const [program = '', ...args] = [...command.trim().split(/\s+/), ...more];
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs });
    let answer = '';
    let said = '';
    child.stdout.on('data', (chunk) => {
      answer = `${answer}${chunk}`.slice(0, answerAtMost);
    });
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.on('close', (code) => {
      if (code === 0) done(answer);
      else reject(new Error(`${command} ended with ${code ?? 'a signal'}: ${said.trim()}`));
    });
    child.stdin.end(input);
  });
}

import { spawn } from 'node:child_process';

const timeoutMs = 15_000;

/**
 * Runs one of the operator's commands, with more words behind it, and gives it a text on standard input.
 *
 * @throws Error with what the command said
 */
export function runCommand(command: string, more: readonly string[], input: string): Promise<void> {
  const [program = '', ...args] = [...command.trim().split(/\s+/), ...more];
  return new Promise((done, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'], timeout: timeoutMs });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2000);
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.on('close', (code) => {
      if (code === 0) done();
      else reject(new Error(`${command} ended with ${code ?? 'a signal'}: ${said.trim()}`));
    });
    child.stdin.end(input);
  });
}

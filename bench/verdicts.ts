/** Figures beside their aims, as a small table. */
export class Verdicts {
  readonly #lines: string[] = [];
  #failed = 0;

  /** A figure that has to stay within its aim. */
  hold(name: string, figure: string, aim: string, holds: boolean): void {
    if (!holds) this.#failed++;
    this.#line(name, figure, aim, holds ? 'pass' : 'FAIL');
  }

  /** A figure to know. */
  tell(name: string, figure: string): void {
    this.#line(name, figure, '', '');
  }

  /** @throws Error where an aim was missed */
  print(): void {
    process.stdout.write(this.#lines.map((line) => `${line.trimEnd()}\n`).join(''));
    if (this.#failed > 0) throw new Error(`${this.#failed} of the aims above were missed`);
  }

  #line(name: string, figure: string, aim: string, verdict: string): void {
    this.#lines.push(`  ${name.padEnd(54)} ${figure.padEnd(22)} ${aim.padEnd(22)} ${verdict}`);
  }
}

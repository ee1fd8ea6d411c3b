/** An operation that could begin now. */
export interface Candidate {
  readonly id: string;
  readonly account_id: string;
  readonly sequence: number;
}

/**
 * Chooses which operations get the free places: always of the account that has the fewest under way, among equals of the one whose
 * last turn is the longest ago, within an account the oldest. However much one account asks for, another waits for one place.
 *
 * @param held the account of each place that is taken
 * @param turns the number of each account's last turn; the chosen ones are entered
 */
export function fairTurns(
  candidates: readonly Candidate[],
  held: readonly string[],
  turns: Map<string, number>,
  places: number,
): string[] {
  const waiting = new Map<string, Candidate[]>();
  for (const candidate of [...candidates].sort((a, b) => a.sequence - b.sequence)) {
    const of = waiting.get(candidate.account_id);
    if (of === undefined) waiting.set(candidate.account_id, [candidate]);
    else of.push(candidate);
  }
  const running = new Map<string, number>();
  for (const account of held) running.set(account, (running.get(account) ?? 0) + 1);
  let turn = Math.max(0, ...turns.values());
  for (const account of turns.keys()) if (!waiting.has(account) && !running.has(account)) turns.delete(account);

  const chosen: string[] = [];
  while (chosen.length < places && waiting.size > 0) {
    const [account, queue] = [...waiting].reduce((best, other) => (isBefore(other, best) ? other : best));
    chosen.push((queue.shift() as Candidate).id);
    if (queue.length === 0) waiting.delete(account);
    running.set(account, (running.get(account) ?? 0) + 1);
    turns.set(account, ++turn);
  }
  return chosen;

  function isBefore([a, ofA]: [string, Candidate[]], [b, ofB]: [string, Candidate[]]): boolean {
    const byRunning = (running.get(a) ?? 0) - (running.get(b) ?? 0);
    if (byRunning !== 0) return byRunning < 0;
    const byTurn = (turns.get(a) ?? 0) - (turns.get(b) ?? 0);
    if (byTurn !== 0) return byTurn < 0;
    return (ofA[0]?.sequence ?? 0) < (ofB[0]?.sequence ?? 0);
  }
}

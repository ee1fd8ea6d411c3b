/** What becomes of an action: it runs, there is nothing to do, or the state forbids it. */
export type Ruling = 'run' | 'noop' | 'refuse';

interface Rule<State extends string> {
  readonly run: readonly State[] | 'always';
  /** The states in which the action is a success that changes nothing. */
  readonly noop?: readonly State[];
}

/** Which action may begin in which state of a resource: what is not named is refused. */
export interface StateTable<State extends string, Action extends string> {
  readonly states: readonly State[];
  readonly actions: readonly Action[];
  ruling(action: Action, state: State): Ruling;
  runs(action: Action, state: State): boolean;
}

/**
 * The table of a resource: server, pages and tests ask it for every action, those included that every state allows.
 *
 * @throws Error where an action has two rulings for one state
 */
export function stateTable<const State extends string, const Action extends string>(
  states: readonly State[],
  rules: Readonly<Record<Action, Rule<NoInfer<State>>>>,
): StateTable<State, Action> {
  const actions = Object.keys(rules) as Action[];
  for (const action of actions) {
    const { run, noop = [] } = rules[action];
    const twice = noop.find((state) => run === 'always' || run.includes(state));
    if (twice !== undefined) throw new Error(`${action} has two rulings for ${twice}`);
  }
  const ruling = (action: Action, state: State): Ruling => {
    const { run, noop = [] } = rules[action];
    if (run === 'always' || run.includes(state)) return 'run';
    return noop.includes(state) ? 'noop' : 'refuse';
  };
  return { states, actions, ruling, runs: (action, state) => ruling(action, state) === 'run' };
}

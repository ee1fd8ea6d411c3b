/** The verbs that have a duration and can be told to fail. */
export const simulatedVerbs = [
  'create',
  'start',
  'stop',
  'resize',
  'interfaces',
  'attach',
  'volume',
  'filters',
  'network',
  'password',
  'console',
  'image',
  'snapshot',
  'backup',
  'restore',
  'delete',
] as const;
export type SimulatedVerb = (typeof simulatedVerbs)[number];

import type { Operation } from '@raffia/client/client.ts';

export type StepState = Operation['steps'][number]['status'];

export interface Step {
  readonly name: string;
  readonly words: string;
  readonly state: StepState;
  /** How long it took or has been running, in ms; undefined where it never began. */
  readonly took?: number;
  readonly reason?: string;
}

/** Names that the server gives steps, as people say them; the others are said as they are. */
const words: Readonly<Record<string, string>> = {
  'take up': 'Accepted',
  'build the machine': 'Build the VM',
  'start the machine': 'Start the VM',
  'start it again': 'Start the VM',
  'stop the machine': 'Stop the VM',
  'resize the machine': 'Change size',
  'grow the disk': 'Grow the disk',
  'capture the disk': 'Copy the disk',
  'attach it to its machine': 'Attach it to the VM',
  'detach it from its machine': 'Detach it from the VM',
};

/** The kinds of things that have work; after a verb stands the noun. */
const nouns: readonly string[] = ['volume', 'snapshot', 'backup', 'image', 'vpc'];

/** `save-image` or `captureTheDisk` as people say it. */
export function spoken(name: string): string {
  const [noun = '', verb] = name.split('.');
  if (verb !== undefined && nouns.includes(noun)) return `${spoken(verb)} ${noun === 'vpc' ? 'VPC' : noun}`;
  const text = name
    .replace(/^vm\./, '')
    .replace(/([A-Z])/g, ' $1')
    .replaceAll(/[-_.]/g, ' ')
    .trim()
    .toLowerCase();
  return words[text] ?? text.charAt(0).toUpperCase() + text.slice(1);
}

/** The steps of an operation, each in the state and with the times that the server tells: nothing is counted from the others. */
export function stepsOf({ steps, error }: Operation, now = Date.now()): Step[] {
  return steps.map(({ name, status, started_at, finished_at }): Step => {
    const until = finished_at === undefined ? now : Date.parse(finished_at);
    const isTimed = started_at !== undefined && (finished_at !== undefined || status === 'running');
    return {
      name,
      words: spoken(name),
      state: status,
      ...(isTimed ? { took: until - Date.parse(started_at) } : {}),
      ...(status === 'failed' && error !== undefined ? { reason: error } : {}),
    };
  });
}

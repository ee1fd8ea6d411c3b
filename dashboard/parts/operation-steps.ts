import type { Operation } from '@raffia/client/client.ts';

/** Each step has one state of its own; none is counted from another's. */
export type StepState = 'done' | 'running' | 'failed' | 'waiting' | 'skipped';

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
};

/** `save-image` or `captureTheDisk` as people say it. */
export function spoken(name: string): string {
  const text = name
    .replace(/^vm\./, '')
    .replace(/([A-Z])/g, ' $1')
    .replaceAll(/[-_.]/g, ' ')
    .trim()
    .toLowerCase();
  return words[text] ?? text.charAt(0).toUpperCase() + text.slice(1);
}

/** The steps of an operation. Of one that failed, the first that is not done is the one that did, and what follows never runs. */
export function stepsOf({ steps, status, error, created_at, finished_at }: Operation, now = Date.now()): Step[] {
  const failing = status === 'failed' ? steps.findIndex((step) => step.status !== 'done') : -1;
  let began = Date.parse(created_at);
  return steps.map((step, at): Step => {
    const named = { name: step.name, words: spoken(step.name) };
    if (step.status === 'done') {
      const ended = step.finished_at === undefined ? undefined : Date.parse(step.finished_at);
      const took = ended === undefined ? {} : { took: ended - began };
      began = ended ?? began;
      return { ...named, state: 'done', ...took };
    }
    if (at === failing) {
      const took = finished_at === undefined ? {} : { took: Date.parse(finished_at) - began };
      return { ...named, state: 'failed', ...took, ...(error === undefined ? {} : { reason: error }) };
    }
    if (status === 'failed') return { ...named, state: 'skipped' };
    return step.status === 'running'
      ? { ...named, state: 'running', took: now - began }
      : { ...named, state: 'waiting' };
  });
}

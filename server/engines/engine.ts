/** What a machine is to be: everything an engine needs to build it, or to build it anew. */
export interface MachineSpec {
  /** Our id of the VM; the engine's object carries it. */
  readonly id: string;
  /** Raised by each reinstallation; an object of an older generation is replaced. */
  readonly generation: number;
  readonly name: string;
  readonly cpu: number;
  /** GB. */
  readonly ram: number;
  /** GB. */
  readonly disk: number;
  /** A template's id of the catalogue, or `image:` and a saved image's id. */
  readonly image: string;
  readonly addresses: readonly string[];
  readonly sshKeys: readonly string[];
  /** Set in the guest, then forgotten; never logged. */
  readonly password: string | undefined;
}

/** Whether a verb has reached its goal; if not, when to ask again. Verbs never block for long. */
export type Progress = { readonly done: true } | { readonly done: false; readonly retryInMs: number };

export const done: Progress = { done: true };

/** What an engine has under one of our ids. */
export interface MachineState {
  readonly id: string;
  readonly generation: number;
  readonly power: 'building' | 'on' | 'off' | 'changing';
}

/**
 * A failure that asking again does not mend. The sentence is shown to the user.
 */
export class EngineError extends Error {
  constructor(sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'EngineError';
  }
}

/**
 * The machines' host. Every verb names a goal and is safe to repeat, also after a crash in the middle of it: it starts what is
 * missing, or reports how far it is. Unknown errors are taken as passing faults and repeated until the operation's deadline.
 */
export interface Engine {
  readonly name: string;
  /** The machine exists in this generation, switched off. */
  ensure(spec: MachineSpec): Promise<Progress>;
  start(id: string, name: string): Promise<Progress>;
  /** Asks the guest to shut down; `force` cuts the power. */
  stop(id: string, name: string, force: boolean): Promise<Progress>;
  resize(id: string, name: string, size: { cpu: number; ram: number }): Promise<Progress>;
  growDisk(id: string, name: string, disk: number): Promise<Progress>;
  setPassword(id: string, name: string, password: string): Promise<Progress>;
  saveImage(id: string, name: string, imageId: string): Promise<Progress>;
  /** No object with this id exists any more. */
  delete(id: string, name: string): Promise<Progress>;
  inspect(id: string): Promise<MachineState | undefined>;
  /** All machines that this cloud made; never anything else of the host. */
  list(): Promise<MachineState[]>;
  /** Whether the host answers; throws with a sentence where it does not. */
  check(): Promise<void>;
}

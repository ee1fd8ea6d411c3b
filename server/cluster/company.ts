/** What whoever shares a limit asks about the other nodes. */
export interface Company {
  /** Whether this node may answer from memory. */
  readonly isTogether: boolean;
  /** Nodes that live. */
  readonly live: number;
  /** Of these, how many others are without Redis and admit their share by themselves. */
  readonly cutOff: number;
}

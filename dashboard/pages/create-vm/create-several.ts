import type { CreateVMRequest } from '@raffia/client/client.ts';

export interface Made {
  readonly id: string;
  readonly name: string;
}

/** What became of several VMs: those that were made, those that were not, and why. */
export interface Outcome {
  readonly made: readonly Made[];
  readonly left: readonly string[];
  readonly error: Error | undefined;
  /** The network that the first made, and the others join. */
  readonly networkId: string | undefined;
}

/**
 * Makes VMs that differ in their names, one after the other, until one is refused. A network that the first makes is the others' too.
 *
 * @param networkNamed the id of the network of a block
 * @param onProgress how many are made
 */
export async function createSeveral(
  names: readonly string[],
  body: CreateVMRequest,
  {
    create,
    networkNamed,
    onProgress,
  }: {
    create: (body: CreateVMRequest) => Promise<{ readonly id: string }>;
    networkNamed: (block: string) => Promise<string | undefined>;
    onProgress: (done: number) => void;
  },
): Promise<Outcome> {
  const made: Made[] = [];
  let networkId: string | undefined;
  let next = body;
  for (const [at, name] of names.entries()) {
    try {
      const { id } = await create({ ...next, name });
      made.push({ id, name });
      onProgress(made.length);
      if (next.vpc_cidr !== undefined && at < names.length - 1) {
        networkId = await networkNamed(next.vpc_cidr);
        const { vpc_name: _name, vpc_cidr, ...rest } = next;
        if (networkId === undefined)
          throw new Error(`The new network ${vpc_cidr} can't be found. Choose it for the others`);
        next = { ...rest, vpc_id: networkId };
      }
    } catch (error) {
      return { made, left: names.slice(made.length), error: error as Error, networkId };
    }
  }
  return { made, left: [], error: undefined, networkId };
}

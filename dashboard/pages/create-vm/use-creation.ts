import type { CreateVMRequest } from '@raffia/client/client.ts';
import { useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { useChange } from '../../api/use-change.ts';
import { createSeveral, type Made } from './create-several.ts';
import type { Partial } from './partial-notice.tsx';
import type { VmForm } from './use-vm-form.ts';

/** Creates what the form asks for. Where that stops in the middle, the form goes on with those that are not made. */
export function useCreation({
  form,
  names,
  body,
  projectId,
  onCreated,
}: {
  form: VmForm;
  names: readonly string[];
  body: CreateVMRequest;
  projectId: string;
  onCreated: (made: readonly Made[]) => void;
}) {
  const { api } = useCurrent();
  const [partial, setPartial] = useState<Partial | null>(null);
  const [done, setDone] = useState(0);
  const create = useChange(
    async () => {
      setDone(0);
      const outcome = await createSeveral(names, body, {
        create: async (one) => (await api.createVM({ body: one }, { projectId })).data,
        networkNamed: async (block) => {
          for await (const { id, cidr } of api.each('listVPCs', {}, { projectId })) {
            if (cidr === block) return id;
          }
          return undefined;
        },
        onProgress: setDone,
      });
      if (outcome.made.length === 0 && outcome.error !== undefined) throw outcome.error;
      return outcome;
    },
    {
      stale: ['vms', 'volumes', 'vpcs', 'ips', 'backup-schedules', 'account', 'operations', 'audit'],
      onDone: ({ made: now, left, error, networkId }) => {
        const made = [...(partial?.made ?? []), ...now];
        if (error === undefined) {
          onCreated(made);
          return;
        }
        setPartial({ made, left, error });
        form.setValues({
          isNamed: true,
          name: left[0] ?? '',
          count: left.length,
          ownNames: Object.fromEntries(left.map((name, at) => [at, name])),
          ...(networkId === undefined ? {} : { network: networkId }),
        });
      },
    },
  );
  return { create, partial, done };
}

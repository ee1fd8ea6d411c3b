import { useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { type Failure, inTurn } from '../../parts/bulk.ts';

/** A role that a key is to have on a project. */
export interface Grant {
  readonly keyId: string;
  readonly projectId: string;
  readonly project: string;
  readonly roleId: string;
}

export interface Grants {
  readonly give: (grants: readonly Grant[]) => Promise<void>;
  /** Those that the server refused the last time. */
  readonly failed: readonly Failure<Grant>[];
}

/** Gives a key its roles on projects, one after the other; what fails is kept, to be tried again. */
export function useGrants(): Grants {
  const { api } = useCurrent();
  const [failed, setFailed] = useState<readonly Failure<Grant>[]>([]);
  const give = async (grants: readonly Grant[]) => {
    const act = async ([grant]: readonly Grant[]) => {
      if (grant === undefined) return [];
      await api.addProjectMember({ id: grant.projectId, body: { api_key_id: grant.keyId, role_id: grant.roleId } });
      return [];
    };
    const parts = grants.map((grant) => [grant]);
    setFailed((await inTurn(parts, act, () => {})).failures);
  };
  return { give, failed };
}

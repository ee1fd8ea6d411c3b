import type { AnswerOf } from '@raffia/contract/operation.ts';
import type { getCloudStatus } from '@raffia/contract/operator.ts';
import type { VmStatus } from '@raffia/contract/vm-states.ts';
import type { Size } from '../../engines/engine.ts';
import { aboutServer, askPart, type Cloud, cloudParts, type Told } from './cloud-parts.ts';

type Answer = AnswerOf<typeof getCloudStatus>;

/** What `raffia operator status` tells, for the pages of operators. */
export async function cloudStatus(cloud: Cloud): Promise<Answer> {
  const asked = <T, View>(ask: (cloud: Cloud) => Promise<T>, view: (told: T) => View) =>
    askPart(cloud, ask).then((answer) => shown(answer, view));
  const [nodes, queue, machines, hosts, addresses, database, backups, mails, found, certificate, ready] =
    await Promise.all([
      asked(cloudParts.nodes, (list) =>
        (list ?? []).map(({ startedAt, silentSeconds, isLeader, roles, ...node }) => ({
          ...node,
          roles: [...roles],
          started_at: startedAt,
          silent_seconds: silentSeconds,
          is_leader: isLeader,
        })),
      ),
      asked(cloudParts.queue, ({ oldestSeconds, kinds, waitsFor, ...counts }) => ({
        ...counts,
        oldest_seconds: oldestSeconds,
        kinds: [...kinds],
        waits_for: [...waitsFor],
      })),
      asked(cloudParts.machines, (counts) =>
        Object.entries(counts).map(([status, count]) => ({ status: status as VmStatus, count })),
      ),
      asked(cloudParts.hosts, ({ overcommit, members }) => ({
        ...(overcommit === null
          ? {}
          : {
              overcommit: {
                cpu: overcommit.cpu,
                ram: overcommit.ram,
                disk: overcommit.disk,
                reserved_ram: overcommit.reservedRam,
              },
            }),
        members: members.map(({ name, state, message, machines: count, has, offers, given }) => ({
          name,
          state,
          message,
          machines: count,
          ...sizes({ has, offers, given }),
        })),
      })),
      asked(cloudParts.addresses, (counts) => [...counts]),
      asked(cloudParts.database, ({ bytes, freeBytes, connections }) => ({
        bytes,
        ...(freeBytes === null ? {} : { free_bytes: freeBytes }),
        connections: connections.open,
        most_connections: connections.limit,
      })),
      asked(cloudParts.backups, ({ store, ofServer }) => ({
        ...(typeof store === 'string' ? { store } : { problem: store.problem }),
        ...(ofServer === null ? {} : { of_server_at: ofServer }),
      })),
      asked(cloudParts.mails, ({ waiting, givenUp }) => ({ waiting, given_up: givenUp })),
      asked(cloudParts.found, (counts) => counts),
      asked(cloudParts.certificate, (told) =>
        told === null
          ? { is_here: false }
          : { is_here: true, failures: told.failures, ...(told.endsAt === null ? {} : { ends_at: told.endsAt }) },
      ),
      asked(cloudParts.ready, ({ status, parts }) => ({
        status,
        parts: Object.entries(parts).map(([name, part]) => ({ name, ...part })),
      })),
    ]);
  const { version, startedAt, engine } = aboutServer(cloud);
  const data = {
    version,
    started_at: startedAt,
    engine,
    nodes,
    queue,
    machines,
    hosts,
    addresses,
    database,
    backups,
    mails,
    found,
    certificate,
    ready,
  };
  return { success: true, data };
}

function shown<T, View>(answer: Told<T>, view: (told: T) => View): { told?: View; problem?: string } {
  return 'told' in answer ? { told: view(answer.told) } : answer;
}

/** Without those that nobody knows. */
function sizes<Name extends string>(of: Readonly<Record<Name, Size | undefined>>): { [N in Name]?: Size } {
  return Object.fromEntries(Object.entries(of).filter(([, size]) => size !== undefined)) as { [N in Name]?: Size };
}

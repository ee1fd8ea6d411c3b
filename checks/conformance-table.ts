import { operations } from '@raffia/contract/contract.ts';
import { lifeOperations } from '../conformance/life-operations.ts';
import { publishedOperations } from './published-operations.ts';
import { wayTo } from './way-to.ts';

/** A published operation and its cells; one that is empty is what nobody has driven. */
export interface Row {
  readonly operation: string;
  readonly cells: readonly string[];
}

const errors = [400, 401, 402, 403, 404];

/** What each published operation is driven to, and how: checks/go-client.test.ts drives it so. */
export function conformanceRows(): readonly Row[] {
  return Object.entries(publishedOperations).map(([id, documented]) => {
    const operation = operations.find((one) => one.id === id);
    const success = documented.find((status) => status < 300);
    const isServed = operation !== undefined && operation.status === success;
    const cells = [
      isServed ? (lifeOperations.includes(id) ? 'Go, Node, Python, Ruby' : 'Go') : '',
      isServed ? `${success}` : '',
      isServed ? `${success}` : '',
      ...errors.map((status) => {
        if (!documented.includes(status)) return '–';
        return operation === undefined ? '' : (wayTo(status, operation)?.words ?? '');
      }),
    ];
    return { operation: id, cells };
  });
}

const columns = ['operation', 'client', 'simulated', 'Incus', ...errors.map(String)];

/** docs/conformance.md. */
export function conformanceTable(): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    head,
    line(columns),
    `|${'---|'.repeat(columns.length)}`,
    ...conformanceRows().map(({ operation, cells }) => line([operation, ...cells])),
    '',
  ].join('\n');
}

const head = `# Conformance

Every operation of the published contract, as a client that knows nothing of this project meets it: \`conformance/go/calls\` has the client
that oapi-codegen makes from the published \`openapi.yaml\`, and sends only what its types can say. \`checks/go-client.test.ts\` drives each
operation with it to its success, on simulated machines and on a real Incus host, and to each error that is documented of it; each answer
has to fill the field that the client has for its status. A cell says how the error is reached: the field or parameter that is wrong, or the state
that forbids it; – is what the contract does not document. An empty cell fails the suite. What several clients drive is also in the life of a
machine that programs in Go, Node, Python and Ruby live; \`conformance/strangers.test.ts\` sees that each calls just that.
`;

import { consoleEnds, consolePath, largestSize, longestMessage, mostUnread, mostUntaken } from './console-socket.ts';
import { named, promised, time } from './schemas.ts';
import { Type } from './type.ts';
import { vmRead } from './vm-operations.ts';

export const VMConsoleTicket = named(
  'VMConsoleTicket',
  Type.Object({
    ticket: Type.String({ description: 'Good for one console, once' }),
    url: Type.String({ description: 'The address of the websocket' }),
    expires_at: time(),
  }),
);

const codes = Object.entries(consoleEnds)
  .map(([name, code]) => `${code} ${name}`)
  .join(', ');

/** Gives a ticket with which a console of a VM is opened. */
export const createVMConsole = vmRead({
  id: 'createVMConsole',
  method: 'POST',
  path: '/api/raffia/v1/vms/{id}/console',
  tag: 'Raffia: account',
  summary: 'Gives a ticket with which a console of a running VM is opened, once and within 30 seconds',
  description: `A console is a websocket at ${consolePath}: a shell of root in a container, the serial line of a virtual machine. The client's first message is the JSON {"ticket", "columns", "rows"}; the server answers {"state":"open"}. Binary messages are what is typed, of ${longestMessage} bytes at most, and what the machine writes. The client sends {"columns", "rows"} where its size changes (1 to ${largestSize}), and {"read"} with the number of bytes of output that it has dealt with so far: the machine waits while ${mostUnread} of them are not. The server says {"taken"}, how many of the typed bytes the machine has taken; no more than ${mostUntaken} may be under way. It ends within two seconds after whoever opened it may not have it any more, after 30 minutes in which nothing was typed, and with the shell or the machine. The code of the close tells why, and its reason is a sentence: ${codes}.`,
  access: { who: 'permission', anyOf: ['vm.console'] },
  status: 201,
  answer: promised(VMConsoleTicket),
  unaudited:
    'A ticket opens nothing by itself; a console that is opened with it has its entries, as vm.console-open and vm.console-close',
  secret: true,
});

import { operationsOf } from './operation.ts';
import { viewersOf } from './resources.ts';
import { manyIds, named, promised, rows, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';
import { vmRead } from './vm-operations.ts';

/** The spans that can be asked for: how long each is, and how far its points lie apart, in seconds. */
export const metricSpans = {
  '1h': { seconds: 3600, every: 15 },
  '6h': { seconds: 21_600, every: 300 },
  '24h': { seconds: 86_400, every: 300 },
  '7d': { seconds: 604_800, every: 3600 },
  '30d': { seconds: 2_592_000, every: 3600 },
} as const;

type Span = keyof typeof metricSpans;
const spans = Object.keys(metricSpans) as [Span, ...Span[]];

const mostPoints = Math.max(...Object.values(metricSpans).map(({ seconds, every }) => seconds / every));

const atLeastZero = (description: string) => Type.Number({ minimum: 0, description });
const whereKnown = (description: string) => Type.Optional(atLeastZero(description));

export const VMMetricPoint = named(
  'VMMetricPoint',
  Type.Object({
    at: time(),
    cpu: atLeastZero('How many of its processors were busy, on average since the point before'),
    memory: whereKnown('Bytes in use'),
    received: whereKnown('Bytes a second that came in over all interfaces'),
    sent: whereKnown('Bytes a second that went out'),
    read: whereKnown('Bytes a second read from disks'),
    written: whereKnown('Bytes a second written to disks'),
  }),
);

export const VMMetrics = named(
  'VMMetrics',
  Type.Object({
    range: word(spans),
    every: Type.Integer({ description: 'Seconds between two points' }),
    from: time(),
    to: time(),
    cpu: Type.Integer({ description: 'The processors that it has now' }),
    memory: Type.Integer({ description: 'The bytes of memory that it has now' }),
    points: Type.Array(VMMetricPoint, { maxItems: mostPoints }),
  }),
);

/** Shows what a VM used of what it has. */
export const getVMMetrics = vmRead({
  id: 'getVMMetrics',
  method: 'GET',
  path: '/api/raffia/v1/vms/{id}/metrics',
  tag: 'Raffia: account',
  summary: 'Shows what a VM used of its processors, memory, network and disks',
  description:
    'Measured every 15 seconds while it runs; kept so for an hour, by 5 minutes for a day, by the hour for 30 days. There is no point where nothing was measured: while it was off, or its host was away. What an engine cannot tell is left out.',
  access: { who: 'permission', anyOf: ['vm.view'] },
  query: Type.Object({
    range: Type.Optional(word(spans, { default: '1h' })),
  }),
  answer: promised(VMMetrics),
});

/** How far back it is told of many VMs at once, by the hour. */
export const processorHours = 24;

export const VMProcessorHours = named(
  'VMProcessorHours',
  Type.Object({
    vm_id: uuid(),
    project_id: uuid(),
    every: Type.Integer({ description: 'Seconds between two points' }),
    from: time(),
    to: time(),
    cpu: Type.Integer({ description: 'The processors that it has now' }),
    points: Type.Array(
      Type.Object({
        at: time(),
        cpu: atLeastZero('How many of its processors were busy, on average over the hour that begins then'),
      }),
      { maxItems: processorHours },
    ),
  }),
);

/** How busy the processors of many VMs were, for who shows a list of them. */
export const listVMProcessorHours = operationsOf({
  tag: 'Raffia: account',
  project: 'readable',
  projectHeader: 'optional',
})({
  id: 'listVMProcessorHours',
  method: 'GET',
  path: '/api/raffia/v1/vm-metrics',
  summary: 'Shows how busy the processors of some VMs were in 24 hours, newest VM first',
  description:
    'By the hour, the last being the one that is not over, as far as it was measured. There is no point where nothing was measured. Of the ids that are asked for, whichever is not answered is gone, or not for the caller to see.',
  access: viewersOf('vm'),
  query: Type.Object({ ids: manyIds(), project_id: Type.Optional(uuid()) }),
  answer: promised(rows(VMProcessorHours)),
});

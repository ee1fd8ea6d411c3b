import { type BilledKind, billedKinds } from './enums.ts';
import { operationsOf } from './operation.ts';
import { day, dollars, named, page, promised, promisedWithPage, time, uuid, word } from './schemas.ts';
import { Type } from './type.ts';

/** What was spent: a price lasts for a span of time, and each moment of it costs its part. */

/** The most days that can be asked for at once. */
export const mostCostDays = 400;

const costOfKinds = Type.Object(
  Object.fromEntries(billedKinds.map((kind) => [kind, dollars()])) as Record<BilledKind, ReturnType<typeof dollars>>,
);

export const CostsByDay = named(
  'CostsByDay',
  Type.Object({
    since: day(),
    until: day({ description: 'The last day; today where a later one was asked for' }),
    counted_until: Type.String({
      format: 'date-time',
      description: 'The end of the last day, or of the last whole minute',
    }),
    complete_since: Type.Optional(
      day({ description: 'The first day of which all is known; without it nothing is ever forgotten' }),
    ),
    total: dollars({ description: 'US dollars: the sum of all days' }),
    kinds: costOfKinds,
    per_hour: Type.Optional(
      dollars({ description: 'US dollars: what an hour costs at counted_until; missing where the last day is over' }),
    ),
    days: Type.Array(Type.Object({ day: day(), total: dollars(), kinds: costOfKinds }), { maxItems: mostCostDays }),
  }),
);

const project = () =>
  Type.Optional(
    Type.String({ format: 'uuid', description: 'In which it was; missing where that was not written down' }),
  );

export const ProjectCost = named(
  'ProjectCost',
  Type.Object({
    project_id: project(),
    cost: dollars({ description: 'US dollars' }),
    resources: Type.Integer({ description: 'How many resources cost something' }),
  }),
);

export const ResourceCost = named(
  'ResourceCost',
  Type.Object({
    kind: word(billedKinds),
    id: Type.String({ description: 'Of what is numbered, such as a volume, the number' }),
    name: Type.String({ description: 'What it is called, or was called last' }),
    project_id: project(),
    cost: dollars({ description: 'US dollars' }),
    first_at: time(),
    last_at: time(),
    exists: Type.Boolean({ description: 'Whether it is still there' }),
  }),
);

const ofCosts = operationsOf({
  tag: 'Raffia: account',
  project: 'account',
  projectHeader: 'unused',
  access: { who: 'permission', anyOf: ['account.billing.view'] },
});

/** From when until when, and of which project. */
const span = {
  since: Type.Optional(day({ description: 'The first day, in UTC; by itself the first of the month of the last one' })),
  until: Type.Optional(
    day({ description: 'The last day, in UTC; by itself today. What is to come costs nothing yet' }),
  ),
};

const roundedAlone =
  'Each amount is rounded to the millionth of a dollar by itself: the sum of all may differ from that of the days by some of these.';

/** What each day cost, by kinds of resources. */
export const getCostsByDay = ofCosts({
  id: 'getCostsByDay',
  method: 'GET',
  path: '/api/raffia/v1/costs/days',
  summary: 'Shows what each day cost, by kinds of resources',
  description:
    'A resource costs its price of a month, divided by 720 hours, for as long as it had that price, also if it is deleted since. What was paid ahead for a term counts on the days for which it was paid, and not on the day of the payment. Each amount of a kind on a day is rounded to the millionth of a dollar, and sums are sums of these. At most 400 days.',
  query: Type.Object({ ...span, project_id: Type.Optional(uuid()) }),
  answer: promised(CostsByDay),
});

/** What each project cost. */
export const listCostsByProject = ofCosts({
  id: 'listCostsByProject',
  method: 'GET',
  path: '/api/raffia/v1/costs/projects',
  summary: 'Lists what each project cost, dearest first',
  description: `Projects that are deleted since are among them. ${roundedAlone}`,
  query: Type.Object({ ...span, ...page(50) }),
  answer: promisedWithPage(ProjectCost),
});

/** What each resource cost. */
export const listCostsByResource = ofCosts({
  id: 'listCostsByResource',
  method: 'GET',
  path: '/api/raffia/v1/costs/resources',
  summary: 'Lists what each resource cost, dearest first',
  description: `Resources that are deleted since are among them. first_at and last_at are the first and the last moment within the days at which it cost something. ${roundedAlone}`,
  query: Type.Object({ ...span, project_id: Type.Optional(uuid()), ...page(50) }),
  answer: promisedWithPage(ResourceCost),
});

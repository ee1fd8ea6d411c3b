import { Type } from 'typebox';
import { defineOperation } from './operation.ts';

/** Tells that the server answers. */
export const healthCheck = defineOperation({
  id: 'healthCheck',
  method: 'GET',
  path: '/health',
  tag: 'Health',
  summary: 'Tells that the server answers',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: Type.Object({
    status: Type.Optional(Type.String()),
  }),
  errors: [],
});

const Part = Type.Object({
  status: Type.Enum(['ready', 'degraded', 'down'], { type: 'string' }),
  message: Type.Optional(Type.String()),
});

/** Tells which parts work. */
export const readiness = defineOperation({
  id: 'readiness',
  method: 'GET',
  path: '/ready',
  tag: 'Health',
  summary: 'Tells which parts work',
  description:
    '503 without database or worker; 200 with status degraded without the limiter, the engine or the mail server, or where the disk of the database is nearly full.',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
  status: 200,
  answer: Type.Object({
    status: Type.Enum(['ready', 'degraded', 'down'], { type: 'string' }),
    parts: Type.Object({ database: Part, worker: Part, storage: Part, limiter: Part, engine: Part, mail: Part }),
  }),
  sameAnswer: [503],
  errors: [],
});

import { operationsOf } from './operation.ts';
import { word } from './schemas.ts';
import { Type } from './type.ts';

const ofHealth = operationsOf({
  tag: 'Health',
  access: { who: 'open' },
  project: 'account',
  projectHeader: 'unused',
});

/** Tells that the server answers. */
export const healthCheck = ofHealth({
  id: 'healthCheck',
  method: 'GET',
  path: '/health',
  summary: 'Tells that the server answers',
  answer: Type.Object({
    status: Type.Optional(Type.String()),
  }),
});

const Part = Type.Object({
  status: word(['ready', 'degraded', 'down']),
  message: Type.Optional(Type.String()),
});

/** Tells which parts work. */
export const readiness = ofHealth({
  id: 'readiness',
  method: 'GET',
  path: '/ready',
  summary: 'Tells which parts work',
  description:
    '503 without database or worker; 200 with status degraded without the limiter, the engine or the mail server, or where the disk of the database is nearly full.',
  answer: Type.Object({
    status: word(['ready', 'degraded', 'down']),
    parts: Type.Object({ database: Part, worker: Part, storage: Part, limiter: Part, engine: Part, mail: Part }),
  }),
  sameAnswer: [503],
});

import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../limits.test.ts'));

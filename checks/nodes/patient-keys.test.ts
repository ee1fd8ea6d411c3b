import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../patient-keys.test.ts'));

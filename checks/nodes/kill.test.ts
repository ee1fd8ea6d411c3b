// timeout: 60m
import { onNodes } from '@raffia/server/testing/on-nodes.ts';

await onNodes(() => import('../kill.test.ts'));

import { breakOffWhenTold } from '@raffia/server/testing/guard.ts';

export { breakOff, guardedFolder, guardProcess, removeFolder } from '@raffia/server/testing/guard.ts';

/** Every part of the bench ends with all that it started, whatever comes. */
breakOffWhenTold();

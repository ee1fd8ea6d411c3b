import { Told } from './told.ts';

const key = 'raffia.tray';

/** Whether the tray of activity is open: as it was when this tab was reloaded. */
export const isTrayOpen = new Told(sessionStorage.getItem(key) !== null);
isTrayOpen.subscribe(() => {
  if (isTrayOpen.get()) sessionStorage.setItem(key, 'open');
  else sessionStorage.removeItem(key);
});

/** Whose work it shows. */
export const whoseWork = new Told<'mine' | 'project'>('mine');

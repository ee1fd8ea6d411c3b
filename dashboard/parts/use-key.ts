import { useEffect, useRef } from 'react';
import { Told, useTold } from '../api/told.ts';
import { Presses, type ShortcutName, shortcuts } from '../keys.ts';

const stored = 'raffia.keys';

/** Whether single keys act, as the person likes it in this browser: who speaks to a computer types them without meaning to. */
const areOn = new Told(localStorage.getItem(stored) !== 'off');

export const useAreKeysOn = (): boolean => useTold(areOn);

export function setKeysOn(isOn: boolean): void {
  if (isOn) localStorage.removeItem(stored);
  else localStorage.setItem(stored, 'off');
  areOn.tell(isOn);
}

/** Who is called at which key; the last that came, as a dialog over a page. */
const listeners = new Map<string, (() => void)[]>();

/** @param keys always the same */
function useListeners(keys: readonly string[], act: (key: string) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const calls = keys.map((key) => ({ key, call: () => latest.current(key) }));
    for (const { key, call } of calls) listeners.set(key, [...(listeners.get(key) ?? []), call]);
    return () => {
      for (const { key, call } of calls)
        listeners.set(
          key,
          (listeners.get(key) ?? []).filter((one) => one !== call),
        );
    };
  }, [keys]);
}

/** Acts at a single key of the table in keys.ts, where nothing is being typed. */
export function useKey(name: Exclude<ShortcutName, 'search' | 'clear'>, act: () => void): void {
  useListeners(shortcuts[name].keys, act);
}

/**
 * The same at letters after `g`.
 *
 * @param ways such as `g v`; always the same
 */
export function useGoKeys(ways: readonly string[], go: (way: string) => void): void {
  useListeners(ways, go);
}

/** Where letters are typed, or choose among what is there. */
const typedIn = 'input, textarea, select, [contenteditable], [role=menu], [role=listbox], [role=dialog], .xterm';

/** Listens to single keys: once, around all pages. */
export function useSingleKeys(): void {
  useEffect(() => {
    const presses = new Presses();
    const press = (event: KeyboardEvent) => {
      if (!areOn.get() || event.defaultPrevented || event.repeat) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Shift') return;
      if (event.target instanceof Element && event.target.closest(typedIn) !== null) return;
      // What is behind a dialog is not meant.
      if (document.querySelector('[aria-modal=true]') !== null) return;
      const act = listeners.get(presses.press(event.key, event.timeStamp))?.at(-1);
      if (act === undefined) return;
      // The letter is not typed into the field that it leads to.
      event.preventDefault();
      act();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

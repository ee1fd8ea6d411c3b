import { useEffect, useRef } from 'react';
import { Told, useTold } from '../api/told.ts';
import { isCharacter, Presses, pressesOf, pressOf, type ShortcutName, shortcuts } from '../keys.ts';

const stored = 'raffia.keys';

/** Whether single characters act, as the person likes it in this browser: who speaks to a computer types them without meaning to. */
const areOn = new Told(localStorage.getItem(stored) !== 'off');

export const useAreKeysOn = (): boolean => useTold(areOn);

export function setKeysOn(isOn: boolean): void {
  if (isOn) localStorage.removeItem(stored);
  else localStorage.setItem(stored, 'off');
  areOn.tell(isOn);
}

/** Answers false where it is not meant: then whoever listened before is asked. */
type Call = (press: string, event: KeyboardEvent) => unknown;

/** Who is called at which key; the last that came first, as a dialog over a page. */
const listeners = new Map<string, Call[]>();

/** @param presses always the same */
function useListeners(presses: readonly string[], act: Call): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const call: Call = (press, event) => latest.current(press, event);
    for (const press of presses) listeners.set(press, [...(listeners.get(press) ?? []), call]);
    return () => {
      for (const press of presses)
        listeners.set(
          press,
          (listeners.get(press) ?? []).filter((one) => one !== call),
        );
    };
  }, [presses]);
}

const presses = Object.fromEntries(
  Object.entries(shortcuts).map(([name, shortcut]) => [name, pressesOf(shortcut)]),
) as Readonly<Record<ShortcutName, readonly string[]>>;
const repeating = new Set(
  Object.values(shortcuts).flatMap((shortcut) => ('repeats' in shortcut ? pressesOf(shortcut) : [])),
);

/**
 * Acts at a key of the table in keys.ts, where nothing is being typed.
 *
 * @param act answers false where it does nothing, so that the key does what it does otherwise
 */
export function useKey(name: Exclude<ShortcutName, 'search'>, act: Call): void {
  useListeners(presses[name], act);
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
const typedIn =
  'input:not([type=checkbox]), textarea, select, [contenteditable], [role=menu], [role=listbox], [role=dialog], .xterm';

/** Listens to single keys: once, around all pages. */
export function useSingleKeys(): void {
  useEffect(() => {
    const before = new Presses();
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.key === 'Shift') return;
      if (isCharacter(event) && !areOn.get()) return;
      if (event.target instanceof Element && event.target.closest(typedIn) !== null) return;
      // What is behind a dialog is not meant.
      if (document.querySelector('[aria-modal=true]') !== null) return;
      const one = pressOf(event);
      if (event.repeat && !repeating.has(one)) return;
      const pressed = before.press(one, event.timeStamp);
      // The letter is not typed into the field that it leads to.
      if ((listeners.get(pressed) ?? []).toReversed().some((call) => call(pressed, event) !== false))
        event.preventDefault();
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

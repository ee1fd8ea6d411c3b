import { useCallback, useEffect, useRef, useState } from 'react';
import { TypedText } from './typed-text.ts';

/**
 * A field whose text stands in the address: what is typed is told once it rests, or the field is left, and stays whatever the address
 * says in between.
 */
export function useTyped(
  address: string,
  onTell: (text: string) => void,
  restMs = 150,
): readonly [text: string, type: (text: string) => void, rest: () => void] {
  const [text, setText] = useState(address);
  const typed = useRef<TypedText>(null);
  typed.current ??= new TypedText(address);
  const last = useRef(address);
  const tell = useRef(onTell);
  tell.current = onTell;
  useEffect(() => {
    const other = typed.current?.hear(address);
    if (other === undefined) return;
    last.current = other;
    setText(other);
  }, [address]);
  const rest = useCallback(() => {
    if (text === last.current) return;
    last.current = text;
    typed.current?.tell(text);
    tell.current(text);
  }, [text]);
  useEffect(() => {
    const timer = setTimeout(rest, restMs);
    return () => clearTimeout(timer);
  }, [rest, restMs]);
  return [text, setText, rest];
}

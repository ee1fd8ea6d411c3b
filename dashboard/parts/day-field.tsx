import { ActionIcon, TextInput } from '@mantine/core';
import { CalendarDays } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import classes from './day-field.module.css';
import { dayOf, dayWord } from './days.ts';
import { TypedText } from './typed-text.ts';

/** A day that is written, `24 Nov 2026`, or chosen in the browser's calendar: a field of the browser's would show it in the computer's own order. */
export function DayField({
  label,
  day,
  min = '',
  max = '',
  onChange,
}: {
  label: string;
  /** `2026-11-24`, or empty. */
  day: string;
  min?: string;
  max?: string;
  onChange: (day: string) => void;
}) {
  const [text, setText] = useState(dayWord(day));
  const typed = useRef<TypedText>(null);
  typed.current ??= new TypedText(day);
  /** What the day is that was told or heard last; the address says it a moment later. */
  const last = useRef(day);
  const calendar = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const other = typed.current?.hear(day);
    if (other === undefined) return;
    last.current = other;
    setText(dayWord(other));
  }, [day]);
  const wrong = wrongOf(text, min, max);
  const tell = (next: string) => {
    setText(next);
    const found = dayOf(next) ?? '';
    if (wrongOf(next, min, max) !== undefined || found === last.current) return;
    last.current = found;
    typed.current?.tell(found);
    onChange(found);
  };
  return (
    <div className={classes.field}>
      <TextInput
        size="xs"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        value={text}
        onChange={(event) => tell(event.currentTarget.value)}
        onBlur={() => wrong === undefined && setText(dayWord(dayOf(text) ?? ''))}
        error={wrong !== undefined && text !== '' ? wrong : undefined}
        rightSection={
          <ActionIcon size={26} aria-label={`${label}: choose a day`} onClick={() => calendar.current?.showPicker()}>
            <CalendarDays size={14} aria-hidden />
          </ActionIcon>
        }
      />
      <input
        ref={calendar}
        type="date"
        className={classes.calendar}
        tabIndex={-1}
        aria-hidden
        min={min}
        max={max}
        value={day}
        onChange={(event) => tell(dayWord(event.currentTarget.value))}
      />
    </div>
  );
}

function wrongOf(text: string, min: string, max: string): string | undefined {
  if (text.trim() === '') return undefined;
  const day = dayOf(text);
  if (day === undefined) return 'Like 24 Nov 2026';
  if (min !== '' && day < min) return `From ${dayWord(min)}`;
  if (max !== '' && day > max) return `Until ${dayWord(max)}`;
  return undefined;
}

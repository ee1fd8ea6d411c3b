import { SegmentedControl, type SegmentedControlProps } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import classes from './create-vm.module.css';

/** A part of the form under its own name, with what is chosen between beside it. */
export function FormSection({
  title,
  isOptional = false,
  choice,
  children,
}: {
  title: string;
  isOptional?: boolean;
  choice?: ReactNode;
  children?: ReactNode;
}) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.head}>
        <h2 id={id}>
          {title}
          {isOptional && <small> optional</small>}
        </h2>
        {choice}
      </div>
      {children}
    </section>
  );
}

/** One of a few ways, beside the name of a section. */
export function Choice(props: SegmentedControlProps) {
  return (
    <SegmentedControl size="xs" withItemsBorders={false} classNames={{ label: classes.segment ?? '' }} {...props} />
  );
}

/** What is wrong with a choice that is no field of its own. */
export function ChoiceError({ children }: { children: ReactNode }) {
  return children === undefined || children === null ? null : (
    <p className={classes.error} role="alert">
      {children}
    </p>
  );
}

import { Button, Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';

/** A button that is there also where it does nothing now: then it says why, and keeps its place in the order of the keyboard. */
export function ActButton({
  label,
  icon: Icon,
  refused,
  isPending = false,
  isFirst = false,
  onClick,
}: {
  label: string;
  icon: LucideIcon;
  refused: string | undefined;
  isPending?: boolean;
  /** The likeliest of its view. */
  isFirst?: boolean;
  onClick: () => void;
}) {
  return (
    <Tooltip label={refused} disabled={refused === undefined}>
      <Button
        variant={isFirst ? 'filled' : 'default'}
        loading={isPending}
        leftSection={<Icon size={14} aria-hidden />}
        {...(refused === undefined
          ? { onClick }
          : { 'data-disabled': true, 'aria-disabled': true, 'aria-description': refused })}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

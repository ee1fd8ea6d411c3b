import { Button, Tooltip } from '@mantine/core';
import type { LucideIcon } from 'lucide-react';

/** A button that is there also where it does nothing now: then it says why, and keeps its place in the order of the keyboard. */
export function ActButton({
  label,
  icon: Icon,
  refused,
  onClick,
}: {
  label: string;
  icon: LucideIcon;
  refused: string | undefined;
  onClick: () => void;
}) {
  const button = (
    <Button
      variant="default"
      leftSection={<Icon size={14} aria-hidden />}
      {...(refused === undefined
        ? { onClick }
        : { 'data-disabled': true, 'aria-disabled': true, 'aria-description': refused })}
    >
      {label}
    </Button>
  );
  return refused === undefined ? button : <Tooltip label={refused}>{button}</Tooltip>;
}

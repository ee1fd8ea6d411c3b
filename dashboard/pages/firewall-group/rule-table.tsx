import { ActionIcon, Autocomplete, Button, NumberInput, Select, TextInput } from '@mantine/core';
import { type Direction, type Protocol, protocols } from '@raffia/contract/enums.ts';
import { mostRules } from '@raffia/contract/security-rules.ts';
import { Plus, X } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { serviceOf } from '../../parts/rule-words.ts';
import { TagChip } from '../../parts/tag-chip.tsx';
import { anywhere, cutOf, families, hasPorts, isIcmp, problemOf, type RuleRow, ruleOf } from './rule-rows.ts';
import classes from './rules.module.css';

const names: Readonly<Record<Protocol, string>> = {
  TCP: 'TCP',
  UDP: 'UDP',
  ICMP: 'ICMP',
  ICMPV6: 'ICMPv6',
  IPSEC: 'IPsec',
  ALL: 'All',
};

/** The rules of one direction, edited in place. */
export function RuleTable({
  direction,
  rows,
  isNew,
  isReadOnly,
  blocks,
  focused,
  onChange,
  onAdd,
  onRemove,
  onPaste,
}: {
  direction: Direction;
  /** Of both directions. */
  rows: readonly RuleRow[];
  isNew: (row: RuleRow) => boolean;
  isReadOnly: boolean;
  /** Blocks that a rule is likely to be about: those of private networks. */
  blocks: readonly string[];
  /** The key of the row that was just added. */
  focused: number | null;
  onChange: (row: RuleRow) => void;
  onAdd: (direction: Direction) => void;
  onRemove: (row: RuleRow) => void;
  onPaste: (row: RuleRow, text: string) => boolean;
}) {
  const own = rows.filter((row) => row.direction === direction);
  const title = direction === 'INBOUND' ? 'Inbound' : 'Outbound';
  const isFull = own.length >= mostRules;
  return (
    <section className={classes.card} aria-label={`${title} rules`}>
      <header>
        <h2>{title}</h2>
        <span className={classes.faint}>
          {own.length} of {mostRules} rules
        </span>
        {!isReadOnly && (
          <Button
            size="xs"
            variant="default"
            leftSection={<Plus size={14} aria-hidden />}
            onClick={() => onAdd(direction)}
            disabled={isFull}
            title={isFull ? `A group has at most ${mostRules} rules in each direction` : undefined}
          >
            Add rule
          </Button>
        )}
      </header>
      {own.length === 0 ? (
        <p className={classes.nothing}>
          {direction === 'INBOUND'
            ? 'Everything from outside is refused, because no rule allows it.'
            : 'Everything to the outside is refused, because no rule allows it.'}
        </p>
      ) : (
        <table className={classes.table} role="table" aria-label={`${title} rules`}>
          <thead role="rowgroup">
            <tr role="row">
              <th scope="col" role="columnheader" className={classes.protocol}>
                Protocol
              </th>
              <th scope="col" role="columnheader" className={classes.ports}>
                Ports
              </th>
              <th scope="col" role="columnheader">
                {direction === 'INBOUND' ? 'Source' : 'Destination'}
              </th>
              <th scope="col" role="columnheader" className={classes.service}>
                Service
              </th>
              <th scope="col" role="columnheader" className={classes.end} aria-label="Remove" />
            </tr>
          </thead>
          <tbody role="rowgroup">
            {own.map((row, at) => (
              <Row
                key={row.key}
                row={row}
                at={at + 1}
                title={title}
                rows={rows}
                isNew={isNew(row)}
                isReadOnly={isReadOnly}
                blocks={blocks}
                isFocused={row.key === focused}
                onChange={onChange}
                onAdd={() => onAdd(direction)}
                onRemove={() => onRemove(row)}
                onPaste={onPaste}
              />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({
  row,
  at,
  title,
  rows,
  isNew,
  isReadOnly,
  blocks,
  isFocused,
  onChange,
  onAdd,
  onRemove,
  onPaste,
}: {
  row: RuleRow;
  at: number;
  title: string;
  rows: readonly RuleRow[];
  isNew: boolean;
  isReadOnly: boolean;
  blocks: readonly string[];
  isFocused: boolean;
  onChange: (row: RuleRow) => void;
  onAdd: () => void;
  onRemove: () => void;
  onPaste: (row: RuleRow, text: string) => boolean;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFocused) field.current?.focus();
  }, [isFocused]);
  const problem = problemOf(row, rows);
  const cut = problem === undefined ? cutOf(row) : undefined;
  const name = (part: string) => `${part} of ${title.toLowerCase()} rule ${at}`;
  const ports = hasPorts(row.protocol);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== 'Enter' || isReadOnly) return;
    event.preventDefault();
    onAdd();
  };
  return (
    <tr role="row" className={classes.row}>
      <td role="cell">
        <Select
          size="xs"
          aria-label={name('Protocol')}
          data={protocols.map((value) => ({ value, label: names[value] }))}
          value={row.protocol}
          onChange={(value) => value !== null && onChange({ ...row, protocol: value as Protocol, icmpType: undefined })}
          allowDeselect={false}
          disabled={isReadOnly}
        />
      </td>
      <td role="cell">
        {isIcmp(row.protocol) ? (
          <NumberInput
            size="xs"
            aria-label={name('ICMP type')}
            placeholder="All types"
            min={0}
            max={255}
            allowDecimal={false}
            hideControls
            value={row.icmpType ?? ''}
            onChange={(value) => onChange({ ...row, icmpType: typeof value === 'number' ? value : undefined })}
            onKeyDown={onKeyDown}
            disabled={isReadOnly}
          />
        ) : (
          <TextInput
            ref={field}
            size="xs"
            className="mono-field"
            aria-label={name('Ports')}
            placeholder={ports ? 'All ports' : 'All'}
            value={ports ? row.range : ''}
            disabled={!ports || isReadOnly}
            onChange={(event) => onChange({ ...row, range: event.currentTarget.value })}
            onKeyDown={onKeyDown}
            onPaste={(event) => {
              if (onPaste(row, event.clipboardData.getData('text'))) event.preventDefault();
            }}
            error={problem?.field === 'range' ? problem.text : undefined}
            spellCheck={false}
            autoComplete="off"
          />
        )}
      </td>
      <td role="cell">
        <Autocomplete
          size="xs"
          {...(row.peer.toLowerCase().startsWith('any') ? {} : { className: 'mono-field' })}
          aria-label={name(title === 'Inbound' ? 'Source' : 'Destination')}
          data={[anywhere, ...families, ...blocks]}
          filter={({ options, search }) =>
            options.some((option) => 'value' in option && option.value === search)
              ? options
              : options.filter((option) => 'value' in option && option.value.includes(search))
          }
          value={row.peer}
          onChange={(peer) => onChange({ ...row, peer })}
          onKeyDown={(event) => {
            if (event.currentTarget.getAttribute('aria-expanded') !== 'true') onKeyDown(event);
          }}
          disabled={isReadOnly}
          error={problem?.field === 'peer' ? problem.text : undefined}
          spellCheck={false}
        />
      </td>
      <td role="cell" className={classes.service}>
        <span className={classes.named}>{serviceOf(row.protocol, ruleOf(row).range ?? '')}</span>
        {isNew && <TagChip kind="accent">New</TagChip>}
        {cut !== undefined && <span className={classes.cut}>{cut}</span>}
      </td>
      <td role="cell" className={classes.end}>
        {!isReadOnly && (
          <ActionIcon size={28} aria-label={`Remove ${title.toLowerCase()} rule ${at}`} onClick={onRemove}>
            <X size={16} aria-hidden />
          </ActionIcon>
        )}
      </td>
    </tr>
  );
}

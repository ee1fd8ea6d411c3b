import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { useFullscreenElement } from '@mantine/hooks';
import type { VM } from '@raffia/client/client.ts';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { ClipboardPaste, Maximize2, Minimize2 } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useCurrent } from '../../api/session.tsx';
import { type Shape, State } from '../../parts/state-shape.tsx';
import { toast } from '../../parts/toast.tsx';
import tokens from '../../tokens.json' with { type: 'json' };
import classes from './console.module.css';
import { ConsoleLink, type LinkEnd, type LinkState } from './console-link.ts';

/** How long until it is tried again by itself, where the connection was lost: each time longer, and then no more. */
const againMs = [1000, 2000, 4000];
const font = '13px "JetBrains Mono Variable"';

const shapes: Record<LinkState['is'], { shape: Shape; word: string }> = {
  connecting: { shape: 'changing', word: 'Connecting' },
  open: { shape: 'on', word: 'Connected' },
  ended: { shape: 'off', word: 'Ended' },
};

/** Why it ended, and what follows from that; the server's sentence where it knows more. */
const ended: Record<LinkEnd, (sentence: string) => string> = {
  exited: () => 'The shell ended.',
  ticket: () => 'The console took too long to open.',
  access: () => 'Your access to this console ended. Ask an Owner or Admin if you need it again.',
  machine: (sentence) => `${sentence}.`,
  idle: () => 'Closed after 30 minutes in which nothing was typed.',
  limit: (sentence) => `${sentence}.`,
  host: (sentence) => `Couldn't open the console. ${sentence}.`,
  message: (sentence) => `${sentence}.`,
  server: () => 'The server closed the console.',
  lost: () => 'The connection was lost.',
  refused: (sentence) => `Couldn't open the console. ${sentence}.`,
};

/** The terminal of a machine, which is connected as soon as it is there. */
export default function ConsoleTerminal({ vm, mayConnect }: { vm: VM; mayConnect: boolean }) {
  const { api } = useCurrent();
  const place = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal>(undefined);
  const link = useRef<ConsoleLink>(undefined);
  const again = useRef<{ tries: number; timer?: ReturnType<typeof setTimeout> }>({ tries: 0 });
  const leave = useRef<HTMLButtonElement>(null);
  const [state, setState] = useState<LinkState>({ is: 'connecting' });
  const { ref, toggle, fullscreen } = useFullscreenElement<HTMLElement>();

  const connect = useCallback(() => {
    const shown = terminal.current;
    if (shown === undefined) return;
    clearTimeout(again.current.timer);
    link.current?.leave();
    link.current = new ConsoleLink(
      { columns: shown.cols, rows: shown.rows },
      {
        askTicket: async () => (await api.createVMConsole({ id: vm.id })).data,
        connect: (url) => new WebSocket(url),
        show: (bytes, done) => shown.write(bytes, done),
        onState: (next) => {
          setState(next);
          if (next.is === 'open') {
            again.current.tries = 0;
            shown.focus();
          }
          if (next.is !== 'ended') return;
          shown.write('\r\n');
          const wait = next.end === 'lost' || next.end === 'server' ? againMs[again.current.tries++] : undefined;
          if (wait !== undefined) again.current.timer = setTimeout(connect, wait);
        },
      },
    );
  }, [api, vm.id]);

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let isGone = false;
    let stop = () => {};
    const begin = () => {
      if (isGone) return;
      const { terminal: background, 'on-terminal': foreground } = tokens.dark;
      const shown = new Terminal({
        cursorBlink: false,
        fontFamily: getComputedStyle(element).getPropertyValue('--mantine-font-family-monospace'),
        fontSize: 13,
        scrollback: 5000,
        theme: { background, foreground, cursor: foreground },
      });
      const fit = new FitAddon();
      shown.loadAddon(fit);
      shown.open(element);
      fit.fit();
      terminal.current = shown;
      shown.onData((typed) => {
        if (link.current?.type(typed) === false) toast('That is too much to paste. Copy it as a file.');
      });
      shown.onBinary((typed) => link.current?.type(typed));
      shown.onResize(({ cols, rows }) => link.current?.resize({ columns: cols, rows }));
      // Who uses the keyboard alone gets out of the terminal, which takes Tab for itself.
      shown.attachCustomKeyEventHandler((event) => {
        if (event.key !== 'F6' || !event.shiftKey) return true;
        if (event.type === 'keydown') leave.current?.focus();
        event.preventDefault();
        return false;
      });
      const sized = new ResizeObserver(() => fit.fit());
      sized.observe(element);
      connect();
      stop = () => {
        sized.disconnect();
        clearTimeout(again.current.timer);
        link.current?.leave();
        shown.dispose();
        terminal.current = undefined;
      };
    };
    // Its size is measured once: with the letters that it will have.
    document.fonts.load(font).then(begin, begin);
    return () => {
      isGone = true;
      stop();
    };
  }, [connect]);

  const { shape, word } = shapes[state.is];
  const paste =
    navigator.clipboard?.readText === undefined
      ? undefined
      : () => {
          // At once: Enter while the clipboard is read would press the button again.
          terminal.current?.focus();
          navigator.clipboard.readText().then(
            (text) => terminal.current?.paste(text),
            () => toast('Your browser did not give what is on the clipboard. Paste with Ctrl+Shift+V.'),
          );
        };
  return (
    <section ref={ref} className={classes.console} aria-label={`Console of ${vm.name}`}>
      <div className={classes.bar}>
        <State shape={shape} status={state.is}>
          {word}
        </State>
        <span className={classes.name}>{vm.name}</span>
        {paste !== undefined && state.is === 'open' && (
          <Tooltip label="Paste">
            <ActionIcon variant="default" size={32} aria-label="Paste" onClick={paste}>
              <ClipboardPaste size={14} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={fullscreen ? 'Leave full screen' : 'Full screen'}>
          <ActionIcon
            ref={leave}
            variant="default"
            size={32}
            aria-label={fullscreen ? 'Leave full screen' : 'Full screen'}
            onClick={() => void toggle()}
          >
            {fullscreen ? <Minimize2 size={14} aria-hidden /> : <Maximize2 size={14} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      </div>
      {state.is === 'ended' && (
        <div className={classes.ended} role="status">
          <Text size="sm">{ended[state.end](state.sentence)}</Text>
          <Button
            size="compact-sm"
            variant="default"
            disabled={!mayConnect}
            onClick={() => {
              again.current.tries = 0;
              connect();
            }}
          >
            Reconnect
          </Button>
        </div>
      )}
      <div ref={place} className={classes.terminal} data-state={state.is} />
      <p className={classes.keys}>
        Each connection is a new shell. Paste with Ctrl+Shift+V. Shift+F6 leaves the terminal.
      </p>
    </section>
  );
}

import { Fragment } from 'react';

/** An address of a person is broken where it has a sign, before it is broken within a word. */
export const breakable = (text: string) =>
  (text.includes(' ') ? [text] : text.split(/(?=@)/)).map((part, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts stay in their order
    <Fragment key={at}>
      {at > 0 && <wbr />}
      {part}
    </Fragment>
  ));

import { getSession, getSignInRules, lookAtLink, requestLink, setPassword, signUp } from '@raffia/contract/people.ts';
import { answeredFirst, open, openWrite, type Route, read } from '../../calls/route.ts';
import {
  hashNewPassword,
  limitLinks,
  linkAnswer,
  lookAt,
  mailLink,
  prepareSignUp,
  session,
  setNewPassword,
  signInRules,
  signUpPerson,
} from './people.ts';

export const peopleRoutes: readonly Route[] = [
  open(getSignInRules, signInRules),
  read(getSession, session),
  openWrite(signUp, { prepare: prepareSignUp, handle: signUpPerson }),
  openWrite(lookAtLink, { handle: lookAt }),
  openWrite(setPassword, { prepare: hashNewPassword, handle: setNewPassword }),
  answeredFirst(requestLink, { prepare: limitLinks, handle: mailLink, answer: linkAnswer }),
];

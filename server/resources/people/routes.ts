import { getSession, getSignInRules, lookAtLink, requestLink, setPassword, signUp } from '@raffia/contract/people.ts';
import { open, type Route, read } from '../../calls/route.ts';
import { lookAt, mailLink, session, setNewPassword, signInRules, signUpPerson } from './people.ts';

export const peopleRoutes: readonly Route[] = [
  open(getSignInRules, signInRules),
  read(getSession, session),
  open(signUp, signUpPerson),
  open(lookAtLink, lookAt),
  open(setPassword, setNewPassword),
  open(requestLink, mailLink),
];

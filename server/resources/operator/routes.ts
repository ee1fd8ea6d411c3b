import {
  adoptFoundMachine,
  approveTierRequest,
  declineTierRequest,
  deleteFoundMachine,
  getAccountForOperator,
  listAccountsForOperator,
  listFoundMachines,
  listTierRequestsForOperator,
  setAccountQuota,
} from '@raffia/contract/operator.ts';
import { openWrite, type Route, read } from '../../calls/route.ts';
import { listAccounts, setQuota, showAccount } from './accounts.ts';
import { adopt, listFound, remove } from './found-machines.ts';
import { approve, decline, listTierRequests } from './tier-requests.ts';

export const operatorRoutes: readonly Route[] = [
  read(listAccountsForOperator, listAccounts),
  read(getAccountForOperator, showAccount),
  openWrite(setAccountQuota, { handle: setQuota }),
  read(listTierRequestsForOperator, listTierRequests),
  openWrite(approveTierRequest, { handle: approve }),
  openWrite(declineTierRequest, { handle: decline }),
  read(listFoundMachines, listFound),
  openWrite(adoptFoundMachine, { handle: adopt }),
  openWrite(deleteFoundMachine, { handle: remove }),
];

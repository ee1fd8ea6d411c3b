import { changeIP, getIP, listIPs, releaseIP, reserveIP } from '@raffia/contract/ips.ts';
import { list, type Route, read, write } from '../../calls/route.ts';
import { changeIp, releaseIp, reserveIp } from './change-ips.ts';
import { getOneIp, listAllIps } from './read-ips.ts';

export const ipRoutes: readonly Route[] = [
  list(listIPs, listAllIps),
  write(reserveIP, reserveIp),
  read(getIP, getOneIp),
  write(releaseIP, releaseIp),
  write(changeIP, changeIp),
];

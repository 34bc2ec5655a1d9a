/** The other end of a connection, in one text. */
export function peerOf({ remoteAddress, remotePort }: { remoteAddress?: string; remotePort?: number }): string {
  return `${remoteAddress} ${remotePort}`;
}

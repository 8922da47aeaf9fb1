/** How a person's own ssh gets into a guest: its host key is made anew with each host, and nobody knows it. */
export function sshCommand(keyFile: string, port: number): string[] {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  return [
    ...['ssh', '-i', keyFile, '-p', port.toString()],
    ...options.flatMap((option) => ['-o', option]),
    'root@127.0.0.1',
  ];
}

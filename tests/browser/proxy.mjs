// SPDX-License-Identifier: MIT
// A TCP proxy between browser and server that can be cut, as a cable can.
import { connect, createServer } from 'node:net';

export async function openProxy(upstream) {
  const target = new URL(upstream);
  const port = Number(target.port || (target.protocol === 'https:' ? 443 : 80));
  const sockets = new Set();
  let isCut = false;
  const server = createServer((near) => {
    if (isCut) return near.destroy();
    const far = connect(port, target.hostname);
    for (const [one, other] of [[near, far], [far, near]]) {
      sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
    return undefined;
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    base: `${target.protocol}//127.0.0.1:${server.address().port}`,
    cut: () => {
      isCut = true;
      drop();
    },
    mend: () => {
      isCut = false;
    },
    close: () => {
      drop();
      server.close();
    },
  };
}

// What every client must find, whoever wrote it and whichever protocol it speaks.

import { after, before, beforeEach, describe } from 'node:test';

import { FakeUpstream } from '../fake-upstream.mjs';
import { calls } from './calls.mjs';
import { failures } from './failures.mjs';
import { lifetime } from './lifetime.mjs';
import { listing } from './listing.mjs';
import { HANG, server } from './server.mjs';
import { stdio } from './stdio.mjs';

/**
 * Runs the contract. `connect` takes what `server()` returns and gives a session with
 * `list()`, `call(tool, args, signal)`, `close()` and `pid`. `more` is what else holds of the way
 * in which it connects.
 */
export function contract(name, connect, more = stdio) {
  describe(name, HANG, () => {
    const shared = { connect };
    before(async () => {
      shared.upstream = await FakeUpstream.start();
      shared.session = await connect(server(shared.upstream));
    });
    beforeEach(() => shared.upstream.reset());
    after(async () => {
      await shared.session?.close();
      await shared.upstream?.close();
    });
    listing(shared);
    calls(shared);
    failures(shared);
    lifetime(shared);
    more(shared);
  });
}
